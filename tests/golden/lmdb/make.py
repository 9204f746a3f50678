#!/usr/bin/env python3
"""Writes data.mdb beside this file: the first pictures of examples/digits/calibration as Caffe Datum records, by the Python
package lmdb (pip install lmdb numpy pillow). Even ones as samples, odd ones as the bytes of their files, keys as Caffe's
convert_imageset writes them: a number of eight digits, an underscore, the file's name.

    python3 tests/golden/lmdb/make.py
"""
import os

import lmdb
import numpy
from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
PICTURES = os.path.join(HERE, "../../../examples/digits/calibration")
COUNT = 12


def varint(number):
    text = b""
    while number > 127:
        text += bytes([number & 127 | 128])
        number >>= 7
    return text + bytes([number])


def datum(channels, height, width, data, label, encoded):
    """The protobuf message of caffe.proto: channels = 1, height = 2, width = 3, data = 4, label = 5, encoded = 7."""
    message = b""
    for tag, number in ((1, channels), (2, height), (3, width)):
        message += varint(tag << 3) + varint(number)
    message += varint(4 << 3 | 2) + varint(len(data)) + data
    message += varint(5 << 3) + varint(label)
    return message + (varint(7 << 3) + varint(1) if encoded else b"")


def main():
    path = os.path.join(HERE, "data.mdb")
    if os.path.exists(path):
        os.remove(path)
    environment = lmdb.open(path, map_size=1 << 20, subdir=False, lock=False)
    with environment.begin(write=True) as transaction:
        for index, name in enumerate(sorted(os.listdir(PICTURES))[:COUNT]):
            file = os.path.join(PICTURES, name)
            picture = Image.open(file)
            if index % 2 == 0:
                # OpenCV reads every picture as blue, green, red.
                bgr = numpy.asarray(picture.convert("RGB"))[:, :, ::-1]
                data = numpy.ascontiguousarray(bgr.transpose(2, 0, 1)).tobytes()
                record = datum(3, picture.height, picture.width, data, index % 10, False)
            else:
                record = datum(3, picture.height, picture.width, open(file, "rb").read(), index % 10, True)
            transaction.put(b"%08d_%s" % (index, name.encode()), record)
    environment.close()


if __name__ == "__main__":
    main()
