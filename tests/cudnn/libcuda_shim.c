/* A CUDA driver without a device, for cuDNN to make plans with where there is no GPU: its
 * compiling engines look for a driver and offer nothing without one. All other functions of the
 * driver are generated beside this file as calls that do nothing and succeed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

enum { kSuccess = 0, kNoDevice = 100 };

static int nothing(void) { return kSuccess; }

/* "No device" keeps the CUDA runtime inside cuDNN from asking on. */
int cuInit(unsigned flags) {
  (void)flags;
  return kNoDevice;
}

int cuDriverGetVersion(int* version) {
  *version = 13000;
  return kSuccess;
}

int cuDeviceGetCount(int* count) {
  *count = 0;
  return kSuccess;
}

int cuGetProcAddress_v2(const char* name, void** function, int version, unsigned long long flags,
                        int* status) {
  (void)version;
  (void)flags;
  void* shim = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
  *function = shim ? dlsym(shim, name) : NULL;
  if (!*function) *function = (void*)nothing;
  if (status) *status = 0;
  return kSuccess;
}

int cuGetProcAddress(const char* name, void** function, int version, unsigned long long flags) {
  return cuGetProcAddress_v2(name, function, version, flags, NULL);
}
