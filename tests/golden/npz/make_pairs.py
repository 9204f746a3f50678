"""Makes target.npz and reference.npz. The texts beside them are what TPU-MLIR 1.30.2 printed for this pair:

npz_tool.py compare target.npz reference.npz [-vv | -vvv --excepts large_similar,large,int64 |
    -v --per_axis_compare 1 --tolerance 0.9,0.8 | -vvvv --key scalar | --tolerance 0.9,0.8 --save tolerance.csv]
"""
import numpy as np
r=np.random.RandomState(3)
a={};b={}
def put(n,x,y): a[n]=x;b[n]=y
f=lambda *s: r.randn(*s).astype(np.float32)
x=f(1,4,5,6); put('equal',x,x.copy())
put('close4_Conv',x,(x*np.float32(1.00003)).astype(np.float32))
put('close3_Conv',x,(x*np.float32(1.0005)).astype(np.float32))
put('similar/π:0',x,(x+0.02*f(1,4,5,6)).astype(np.float32))
y=x.copy(); y[0,2]+=3*f(5,6); put('not_similar_a_rather_long_name_of_a_tensor',x,y)
put('zero',np.zeros((2,3),np.float32),f(2,3))
q=r.randint(-128,128,(1,3,4,4)).astype(np.int8); put('int8_equal',q,q.copy())
q2=q.copy(); q2[0,1,2,3]^=5; put('int8_not_equal',q,q2)
put('int8_float',q,(q+0.25).astype(np.float32))
i=r.randint(-1000,1000,(2,7)).astype(np.int32); put('int32',i,i+r.randint(-9,9,(2,7)).astype(np.int32))
put('uint8_f32',r.randint(0,255,(5,)).astype(np.uint8),r.randint(0,255,(5,)).astype(np.float32))
n=x.copy(); n[0,0,0,:3]=[np.nan,np.inf,-np.inf]; put('nonfinite',n,x)
put('nonfinite_same',n,n.copy())
m=f(7); u=(m.view(np.uint32)>>16).astype(np.uint16); put('bf16',u,m)
put('reshaped',x,x.reshape(4,30))
put('cropped',f(2,3,4),f(2,3,5)[:,:,:])
put('mismatch',f(2,3,4),f(7,))
put('scalar',np.float32(1.5).reshape(()),np.float32(1.6).reshape(()))
put('NonMaxSuppression_out',np.arange(12).reshape(4,3).astype(np.float32),np.arange(18).reshape(6,3).astype(np.float32))
put('double',f(9).astype(np.float64),f(9).astype(np.float64))
put('int64',np.arange(5),np.arange(5)+1)
put('large',f(2,20,20)*30,f(2,20,20)*30)
L=f(1,8,20,20); put('large_similar',L,(L+0.1*f(1,8,20,20)).astype(np.float32))
a['only_target']=x; b['only_ref']=x
bo=dict(list(b.items())[::-1])
np.savez_compressed('target.npz',**a); np.savez_compressed('reference.npz',**bo)
