# SSD_CUDA=MODEL: the GPU's code, against NVIDIA's headers, by the C++ compiler, linked with a GPU in software
# (tests/cuda_model, docs/cuda_model.md). For tests: no GPU, driver or nvcc is needed.
find_path(SSD_CUDA_HEADERS cuda_runtime_api.h HINTS ${CUDAToolkit_ROOT}/include $ENV{CUDA_HOME}/include /usr/local/cuda/include)
if(NOT SSD_CUDA_HEADERS)
  message(FATAL_ERROR " SSD_CUDA=MODEL: cuda_runtime_api.h was not found: install the CUDA toolkit's headers or use OFF.")
endif()
find_package(Boost 1.74 COMPONENTS context)
if(NOT TARGET Boost::context)
  message(FATAL_ERROR " SSD_CUDA=MODEL: libboost-context-dev is missing. tools/setup.sh installs it on Debian and Ubuntu.")
endif()
set(CUDAToolkit_INCLUDE_DIRS ${SSD_CUDA_HEADERS})
set(CUDAToolkit_VERSION model)
set(SSD_HAVE_CUDA ON)

file(GLOB cuda_model_sources CONFIGURE_DEPENDS tests/cuda_model/*.cpp)
list(FILTER cuda_model_sources EXCLUDE REGEX "_test\\.cpp$")
add_library(cuda_model SHARED ${cuda_model_sources})
target_include_directories(cuda_model SYSTEM PRIVATE ${SSD_CUDA_HEADERS})
target_link_libraries(cuda_model PUBLIC ssd_flags PRIVATE Boost::context Threads::Threads)
set_target_properties(cuda_model PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

# Only these sources see NVIDIA's headers: all others are compiled as in a build without CUDA, and ccache has them.
file(GLOB cuda_sources CONFIGURE_DEPENDS engine/base/*_cuda.cpp engine/*_cuda.cpp engine/nccl/*_cuda.cpp engine/cudnn/*.cpp
     engine/cublaslt/*.cpp benchmarks/op/*_cuda.cpp)
set_source_files_properties(${cuda_sources} PROPERTIES COMPILE_OPTIONS "-isystem;${SSD_CUDA_HEADERS}")

# The model of cuDNN: a library that the engine opens by the name of NVIDIA's, from the folder of the tests.
macro(ssd_model_cudnn)
  file(GLOB cudnn_model_sources CONFIGURE_DEPENDS tests/cuda_model/cudnn/*.cpp)
  list(FILTER cudnn_model_sources EXCLUDE REGEX "_test\\.cpp$")
  find_path(CUDNN_INCLUDE cudnn_graph.h HINTS ${SSD_CUDA_HEADERS})
  if(cudnn_model_sources AND CUDNN_INCLUDE)
    file(GLOB cudnn_sources CONFIGURE_DEPENDS engine/cudnn/*.cpp)
    set_source_files_properties(${cudnn_sources} PROPERTIES COMPILE_OPTIONS "-isystem;${SSD_CUDA_HEADERS};-isystem;${CUDNN_INCLUDE}")
    add_library(cudnn_model SHARED ${cudnn_model_sources})
    target_include_directories(cudnn_model SYSTEM PRIVATE ${CUDNN_INCLUDE})
    target_link_libraries(cudnn_model PRIVATE cuda_model nlohmann_json::nlohmann_json OpenMP::OpenMP_CXX)
    set_target_properties(cudnn_model PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests OUTPUT_NAME cudnn VERSION 9 SOVERSION 9)
    set(SSD_HAVE_CUDNN ON)
    set(SSD_CUDNN_FOLDER ${CMAKE_BINARY_DIR}/tests)
  endif()
endmacro()

# The model of cuBLASLt, in the same way.
macro(ssd_model_cublaslt)
  file(GLOB cublaslt_model_sources CONFIGURE_DEPENDS tests/cuda_model/cublaslt/*.cpp)
  list(FILTER cublaslt_model_sources EXCLUDE REGEX "_test\\.cpp$")
  if(CUBLASLT_INCLUDE)
    add_library(cublaslt_model SHARED ${cublaslt_model_sources})
    target_include_directories(cublaslt_model SYSTEM PRIVATE ${CUBLASLT_INCLUDE})
    target_link_libraries(cublaslt_model PRIVATE cuda_model)
    ssd_header_version(SSD_CUBLASLT_VERSION cublas_api.h CUBLAS_VER_ ${CUBLASLT_INCLUDE})
    string(REGEX MATCH "^[0-9]+" cublaslt_major "${SSD_CUBLASLT_VERSION}")
    set_target_properties(cublaslt_model PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests OUTPUT_NAME cublasLt
                          VERSION ${cublaslt_major} SOVERSION ${cublaslt_major})
    set(SSD_HAVE_CUBLASLT ON)
    set(SSD_CUBLASLT_FOLDER ${CMAKE_BINARY_DIR}/tests)
  endif()
endmacro()

# The model of NCCL, opened as cuDNN's is. Its sources compare the engine's declarations with NVIDIA's header.
macro(ssd_model_nccl)
  find_path(NCCL_INCLUDE nccl.h HINTS ${NCCL_ROOT}/include $ENV{NCCL_ROOT}/include ${SSD_CUDA_HEADERS})
  if(NCCL_INCLUDE)
    file(GLOB nccl_model_sources CONFIGURE_DEPENDS tests/cuda_model/nccl/*.cpp)
    list(FILTER nccl_model_sources EXCLUDE REGEX "_test\\.cpp$")
    add_library(nccl_model SHARED ${nccl_model_sources})
    target_include_directories(nccl_model SYSTEM PRIVATE ${SSD_CUDA_HEADERS} ${NCCL_INCLUDE})
    target_link_libraries(nccl_model PRIVATE cuda_model Threads::Threads)
    set_target_properties(nccl_model PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests OUTPUT_NAME nccl VERSION 2 SOVERSION 2)
    set(SSD_NCCL_FOLDER ${CMAKE_BINARY_DIR}/tests)
  endif()
endmacro()

# A test, once for each schedule of the modelled GPU, on few of its random cases.
function(ssd_add_scheduled_tests name labels)
  foreach(schedule early late random)
    add_test(NAME ${name}.${schedule} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name}.${schedule} PROPERTIES TIMEOUT 900 LABELS "${labels}" ENVIRONMENT
      "OMP_NUM_THREADS=1;OMP_WAIT_POLICY=passive;SSD_TEST_FEW_ROUNDS=1;CUDA_MODEL_SCHEDULE=${schedule};LD_LIBRARY_PATH=${CMAKE_BINARY_DIR}/tests")
  endforeach()
endfunction()
