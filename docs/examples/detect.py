"""Finds objects in a picture in memory, from Python with ctypes: detect.py CHECKPOINT PICTURE.ppm"""
import os
import re
import sys
from ctypes import CDLL, POINTER, Structure, byref, c_char_p, c_double, c_int32, c_int64, c_size_t, c_void_p, sizeof


class Picture(Structure):
    _fields_ = [("rgb", c_char_p), ("width", c_int32), ("height", c_int32), ("row_bytes", c_int64)]


class Box(Structure):
    _fields_ = [("size", c_size_t), ("x", c_double), ("y", c_double), ("width", c_double), ("height", c_double),
                ("score", c_double), ("class_id", c_int64), ("class_name", c_char_p)]


ssd320 = CDLL("libssd320.so.0")
ssd320.ssd320_last_error.restype = c_char_p
ssd320.ssd320_open.argtypes = [c_char_p, c_void_p, POINTER(c_void_p)]
ssd320.ssd320_detect.argtypes = [c_void_p, POINTER(Picture), c_size_t, POINTER(c_void_p)]
ssd320.ssd320_box_count.argtypes, ssd320.ssd320_box_count.restype = [c_void_p, c_size_t], c_size_t
ssd320.ssd320_get_box.argtypes = [c_void_p, c_size_t, c_size_t, POINTER(Box)]
ssd320.ssd320_free_boxes.argtypes, ssd320.ssd320_close.argtypes = [c_void_p], [c_void_p]


def checked(code):
    if code:
        print(ssd320.ssd320_last_error().decode(), file=sys.stderr)
        sys.exit(code)


def read_ppm(path):
    try:
        data = open(path, "rb").read()
    except OSError as error:
        sys.exit(str(error))
    head = re.match(rb"P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s", data)
    if not head or len(data) - head.end() != 3 * int(head[1]) * int(head[2]):
        sys.exit(path + ": not a PPM picture of 8 bits")
    return Picture(data[head.end():], int(head[1]), int(head[2]), 0)


if len(sys.argv) != 3:
    print("usage: detect.py CHECKPOINT PICTURE.ppm", file=sys.stderr)
    sys.exit(2)
detector, boxes, picture = c_void_p(), c_void_p(), read_ppm(sys.argv[2])
checked(ssd320.ssd320_open(os.fsencode(sys.argv[1]), None, byref(detector)))
checked(ssd320.ssd320_detect(detector, byref(picture), 1, byref(boxes)))
for i in range(ssd320.ssd320_box_count(boxes, 0)):
    box = Box(sizeof(Box))
    checked(ssd320.ssd320_get_box(boxes, 0, i, byref(box)))
    print("%s %.6f %.3f %.3f %.3f %.3f" % (box.class_name.decode(), box.score, box.x, box.y, box.width, box.height))
ssd320.ssd320_free_boxes(boxes)
ssd320.ssd320_close(detector)
