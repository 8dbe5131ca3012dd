# What `--version` prints, as compile definitions of the files that ask for it.
find_package(Git QUIET)
set(SSD_GIT_HASH unknown)
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --short=12 HEAD WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
                  OUTPUT_VARIABLE SSD_GIT_HASH OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()

if(SSD_HAVE_CUDA)
  set(SSD_CUDA_VERSION ${CUDAToolkit_VERSION})
  ssd_header_version(SSD_CUDNN_VERSION cudnn_version.h CUDNN_ ${CUDNN_INCLUDE})
  ssd_header_version(SSD_CUBLASLT_VERSION cublas_api.h CUBLAS_VER_ ${CUBLASLT_INCLUDE})
  ssd_header_version(SSD_NCCL_VERSION nccl.h NCCL_ ${NCCL_INCLUDE})
endif()

add_library(ssd_version INTERFACE)
configure_file(${CMAKE_SOURCE_DIR}/cmake/version.h.in ${CMAKE_BINARY_DIR}/generated/ssd_version.h)
target_include_directories(ssd_version INTERFACE ${CMAKE_BINARY_DIR}/generated)
