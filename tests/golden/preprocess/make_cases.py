"""Makes small pictures, cases.txt, and expected.npz: what TPU-MLIR 1.30.2's python/utils/preprocess.py makes of them.

A case is: picture|input shape|resize_dims|keep_aspect_ratio|keep_ratio_mode|pad_value|pad_type|mean|scale|pixel_format|channel_format
"""
import logging
import cv2
import numpy as np
from PIL import Image
from tpu_mlir.python.utils import preprocess as upstream

upstream.logger.setLevel(logging.ERROR)
random = np.random.RandomState(5)


def picture(width, height, channels=3):
    noise = random.randint(0, 256, (height, width, channels)).astype(np.uint8)
    return cv2.GaussianBlur(noise, (5, 5), 1.5)


Image.fromarray(picture(37, 23)).save("subsampled.jpg", quality=70, subsampling=2)
Image.fromarray(picture(22, 31)).save("progressive.jpg", quality=80, progressive=True)
exif = Image.Exif()
exif[0x0112] = 6
Image.fromarray(picture(30, 20)).save("turned.jpg", exif=exif)
Image.fromarray(picture(16, 16)).convert("CMYK").save("inks.jpg")
cv2.imwrite("alpha.png", picture(25, 19, 4))
cv2.imwrite("deep.png", random.randint(0, 65536, (9, 11, 3)).astype(np.uint16))
Image.fromarray(picture(24, 18)).quantize(16).save("palette.png")
cv2.imwrite("plain.bmp", picture(13, 21))

cases = """subsampled.jpg|1,3,40,40|40,40|0|letterbox|0|center|0,0,0|1,1,1|bgr|nchw
subsampled.jpg|2,3,17,29|17,29|0|letterbox|0|center|10.5,20,30|0.01,0.02,0.03|rgb|nchw
progressive.jpg|1,3,24,40|24,40|1|letterbox|114|center|0,0,0|0.0039216,0.0039216,0.0039216|rgb|nchw
progressive.jpg|1,3,24,40|24,40|1|letterbox|7|normal|0,0,0|1,1,1|bgr|nhwc
progressive.jpg|1,3,14,13|17,15|1|short_side_scale|0|center|1,2,3|1,1,1|bgr|nchw
turned.jpg|1,3,15,10|15,10|0|letterbox|0|center|0,0,0|1,1,1|bgr|nchw
turned.jpg|1,1,11,33|11,33|0|letterbox|0|center|128|0.0078125|gray|nchw
inks.jpg|1,3,9,21|9,21|0|letterbox|0|center|0,0,0|1,1,1|bgr|nchw
inks.jpg|1,1,16,16|16,16|0|letterbox|0|center|0|1|gray|nchw
alpha.png|1,4,10,30|10,30|0|letterbox|0|center|0,0,0,0|1,1,1,1|rgba|nchw
alpha.png|1,1,20,20|20,20|1|letterbox|9|center|0|1|gray|nchw
deep.png|1,3,12,7|12,7|0|letterbox|0|center|0,0,0|1,1,1|bgr|nchw
deep.png|1,1,9,11|9,11|0|letterbox|0|center|0|1|gray|nchw
palette.png|1,3,9,12|9,12|0|letterbox|0|center|0,0,0|1,1,1|rgb|nchw
palette.png|1,1,30,13|30,13|0|letterbox|0|center|0|1|gray|nchw
plain.bmp|1,3,33,44|33,44|0|letterbox|0|center|0,0,0|1,1,1|rgb|nhwc
plain.bmp|1,1,8,8|20,12|0|letterbox|0|center|3|2|gray|nchw
"""
open("cases.txt", "w").write(cases)
expected = {}
for number, case in enumerate(cases.splitlines()):
    file, shape, resize, keep, mode, pad, pad_type, mean, scale, pixels, channels = case.split("|")
    step = upstream.preprocess()
    step.config(resize_dims=resize, keep_aspect_ratio=keep == "1", keep_ratio_mode=mode, pad_value=int(pad),
                pad_type=pad_type, mean=mean, scale=scale, pixel_format=pixels, channel_format=channels,
                input_shapes=[[int(extent) for extent in shape.split(",")]])
    expected[str(number)] = step.run(file)
np.savez_compressed("expected.npz", **expected)
