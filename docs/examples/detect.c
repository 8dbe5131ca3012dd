/* Finds objects in a picture in memory, from C: detect CHECKPOINT PICTURE.ppm */
#include <ssd320/detector_c.h>
#include <stdio.h>
#include <stdlib.h>

/* Other programs have their pixels from a camera or a decoder. */
static int read_ppm(const char* path, ssd320_picture* picture) {
  FILE* file = fopen(path, "rb");
  uint8_t* rgb = NULL;
  int width = 0, height = 0, good = 0;
  if (file && fscanf(file, "P6 %d %d 255", &width, &height) == 2 && fgetc(file) == '\n' &&
      width > 0 && height > 0 && width <= 16384 && height <= 16384) {
    const size_t bytes = (size_t)width * (size_t)height * 3;
    rgb = malloc(bytes);
    good = rgb && fread(rgb, 1, bytes, file) == bytes;
  }
  if (file) fclose(file);
  *picture = (ssd320_picture){rgb, width, height, 0};
  return good;
}

static int failed(int code) {
  fprintf(stderr, "%s\n", ssd320_last_error());
  return code;
}

static int print_boxes(const ssd320_boxes* boxes) {
  for (size_t i = 0; i < ssd320_box_count(boxes, 0); ++i) {
    ssd320_box box = {.size = sizeof box};
    const int code = ssd320_get_box(boxes, 0, i, &box);
    if (code) return failed(code);
    printf("%s %.6f %.3f %.3f %.3f %.3f\n", box.class_name, box.score, box.x, box.y, box.width,
           box.height);
  }
  return 0;
}

int main(int argc, char** argv) {
  ssd320_options options = {.size = sizeof options};
  ssd320_detector* detector = NULL;
  ssd320_picture picture;
  ssd320_boxes* boxes = NULL;
  if (argc != 3) {
    fprintf(stderr, "usage: detect CHECKPOINT PICTURE.ppm\n");
    return SSD320_USAGE;
  }
  if (!read_ppm(argv[2], &picture)) {
    fprintf(stderr, "%s: not a PPM picture of 8 bits\n", argv[2]);
    return SSD320_DATA;
  }
  int code = ssd320_default_options(&options);
  if (!code) code = ssd320_open(argv[1], &options, &detector);
  if (!code) code = ssd320_detect(detector, &picture, 1, &boxes);
  code = code ? failed(code) : print_boxes(boxes);
  if (!code && fflush(stdout) != 0) {
    perror("the boxes could not be written");
    code = SSD320_FAILED;
  }
  ssd320_free_boxes(boxes);
  ssd320_close(detector);
  free((void*)picture.rgb);
  return code;
}
