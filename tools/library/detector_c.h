/* The detector of ssd320 for C and for languages that can call C; see detector.h and
 * docs/embedding.md.
 *
 * A function that can fail returns SSD320_OK or what kind of failure it was; the text is then in
 * ssd320_last_error(). No function prints, exits or throws. A detector may be used by several
 * threads at the same time.
 *
 * Structs that may grow in later versions begin with `size`, into which the caller writes their
 * sizeof. The library neither reads nor writes more than that, so a program that was compiled with
 * this header works with later versions of libssd320.so.0. */
#ifndef SSD320_DETECTOR_C_H
#define SSD320_DETECTOR_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SSD320_API __attribute__((visibility("default")))

/* The numbers are the exit codes of the programs. */
enum {
  SSD320_OK = 0,
  SSD320_FAILED = 1,
  SSD320_USAGE = 2,      /* an option out of its range, a wrong call */
  SSD320_DATA = 3,       /* a picture that cannot be used */
  SSD320_CHECKPOINT = 4, /* no such checkpoint, or it is damaged */
  SSD320_DIVERGED = 5,   /* the network's output is not finite: the weights are damaged */
  SSD320_RESOURCES = 6   /* out of memory, no such device */
};

typedef struct ssd320_detector ssd320_detector; /* a loaded model */
typedef struct ssd320_boxes ssd320_boxes;       /* what was found in some pictures */

typedef struct ssd320_options {
  size_t size;
  double score_threshold; /* boxes with this score or less are left out; 0 to 1 */
  double iou_threshold;   /* larger overlaps are left out, 0 to 1; less than 0: as evaluated */
  int32_t max_detections; /* per picture, to 10,000; 0: as the model was evaluated */
  int32_t batch;          /* pictures that the network takes at a time, 1 to 4096 */
  int32_t threads;        /* of the CPU, to 1024; 0: one per core */
  int32_t reserved;       /* 0 */
  double memory_gib;      /* of memory at most for a batch; 0: most of what is free */
  const char* device;     /* "auto", "cpu", "cuda", "cuda:1" ... */
  const char* precision;  /* "fp32", "tf32", "bf16", "fp16"; "": in which it was trained */
  const char* plan_cache; /* folder for a GPU's plans; "auto": the user's cache; "": none */
  /* Receives lines about what takes long, on any thread; may be null. */
  void (*tell)(void* tell_context, const char* line);
  void* tell_context;
} ssd320_options;

/* RGB pixels of 8 bits, row by row from the top. They belong to the caller. This struct never
 * grows. */
typedef struct ssd320_picture {
  const uint8_t* rgb;
  int32_t width, height; /* 1 to 16,384, and at most 2^26 pixels */
  /* From one row to the next; 0: 3 * width. It is negative if the picture is stored bottom up: then
   * rgb points to the top row, the last one in memory. */
  int64_t row_bytes;
} ssd320_picture;

typedef struct ssd320_box {
  size_t size;
  double x, y, width, height; /* in pixels; x and y are those of the upper left corner */
  double score;               /* 0 to 1 */
  int64_t class_id;           /* of the category in the training data */
  const char* class_name;     /* UTF-8 as in the training data; valid as long as the boxes */
} ssd320_box;

/* Such as "0.1.0". */
SSD320_API const char* ssd320_version(void);

/* What the last call that failed on this thread has to say: one line. It is valid until the next
 * failure on this thread, and empty if there was none. */
SSD320_API const char* ssd320_last_error(void);

/* Writes the defaults into the options, whose `size` the caller has set. Options are made in this
 * way and then changed; none of their strings may be null. */
SSD320_API int ssd320_default_options(ssd320_options* options);

/* Loads a checkpoint: a file, or the folder of a run, whose best checkpoint is taken. `options` may
 * be null for the defaults. The caller closes the detector. */
SSD320_API int ssd320_open(const char* checkpoint, const ssd320_options* options,
                           ssd320_detector** detector);
SSD320_API void ssd320_close(ssd320_detector* detector); /* does nothing with null */

/* What the detector runs on, such as "cpu"; valid as long as the detector. */
SSD320_API const char* ssd320_device(const ssd320_detector* detector);
SSD320_API size_t ssd320_class_count(const ssd320_detector* detector);
/* The id and the name of class `index`, which counts from 0. The name is valid as long as the
 * detector. */
SSD320_API int ssd320_get_class(const ssd320_detector* detector, size_t index, int64_t* id,
                                const char** name);

/* Finds the boxes in `count` pictures, which may differ in size. The caller frees the boxes. */
SSD320_API int ssd320_detect(const ssd320_detector* detector, const ssd320_picture* pictures,
                             size_t count, ssd320_boxes** boxes);
/* How many boxes picture number `picture` of the call has. */
SSD320_API size_t ssd320_box_count(const ssd320_boxes* boxes, size_t picture);
/* Writes one of them; they are in descending order of scores. `box->size` has to be set. */
SSD320_API int ssd320_get_box(const ssd320_boxes* boxes, size_t picture, size_t index,
                              ssd320_box* box);
SSD320_API void ssd320_free_boxes(ssd320_boxes* boxes); /* does nothing with null */

#ifdef __cplusplus
}
#endif
#endif
