# Tests of the model of cuDNN (docs/cuda_model.md) in a build for the CPU: the engine's cuDNN code beside it, and a stand-in
# for the modelled runtime. The headers of CUDA and of cuDNN 9 are needed.
find_path(SSD_CUDA_HEADERS cuda_runtime_api.h HINTS ${CUDAToolkit_ROOT}/include $ENV{CUDA_HOME}/include /usr/local/cuda/include)
find_path(SSD_CUDNN_HEADERS cudnn_graph.h HINTS ${CUDNN_ROOT}/include $ENV{CUDNN_ROOT}/include ${SSD_CUDA_HEADERS})
mark_as_advanced(SSD_CUDA_HEADERS SSD_CUDNN_HEADERS)
set(cudnn_9 "")
if(SSD_CUDNN_HEADERS)
  file(STRINGS ${SSD_CUDNN_HEADERS}/cudnn_version.h cudnn_9 REGEX "^#define CUDNN_MAJOR 9$")
endif()
if(NOT SSD_CUDA_HEADERS OR NOT cudnn_9)
  message(STATUS "tests of the model of cuDNN: skipped, the headers of CUDA and cuDNN 9 were not found")
  return()
endif()

# A shared library of cuDNN's name: a program that is linked with it has it where the engine opens the real one. What it
# calls of the runtime is in the program.
file(GLOB cudnn_model_sources CONFIGURE_DEPENDS tests/cuda_model/cudnn/*.cpp)
add_library(cudnn_model SHARED ${cudnn_model_sources})
ssd_optimize_sources(tests/cuda_model/cudnn/execute.cpp tests/cuda_model/cudnn/products.cpp tests/cuda_model/cudnn/values.cpp)
set_target_properties(cudnn_model PROPERTIES OUTPUT_NAME cudnn SOVERSION 9 LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/cuda_model)
target_include_directories(cudnn_model SYSTEM PUBLIC ${SSD_CUDA_HEADERS} ${SSD_CUDNN_HEADERS})
target_link_libraries(cudnn_model PRIVATE ssd_flags nlohmann_json::nlohmann_json OpenMP::OpenMP_CXX)

file(GLOB cudnn_model_engine CONFIGURE_DEPENDS engine/cudnn/*.cpp)
list(FILTER cudnn_model_engine EXCLUDE REGEX "/absent\\.cpp$")
list(APPEND cudnn_model_engine engine/cublaslt/gemm_choices.cpp engine/cublaslt/absent.cpp)
add_library(engine_cudnn STATIC ${cudnn_model_engine})
set_source_files_properties(engine/cudnn/library.cpp PROPERTIES COMPILE_DEFINITIONS SSD_CUDNN_FOLDER="")
target_include_directories(engine_cudnn SYSTEM PUBLIC ${SSD_CUDA_HEADERS} ${SSD_CUDNN_HEADERS})
target_link_libraries(engine_cudnn PUBLIC engine)
ssd_precompile(engine_cudnn REUSE_FROM tools)

file(GLOB cudnn_alone_sources CONFIGURE_DEPENDS tests/cuda_model/cudnn_alone/*.cpp)
set(cudnn_alone_tests ${cudnn_alone_sources})
list(FILTER cudnn_alone_tests INCLUDE REGEX "_test\\.cpp$")
list(REMOVE_ITEM cudnn_alone_sources ${cudnn_alone_tests})
add_library(cudnn_alone STATIC ${cudnn_alone_sources})
target_link_libraries(cudnn_alone PUBLIC engine_test_support cudnn_model)

# cuDNN itself, if it is installed: it has to refuse what the model refuses.
find_library(SSD_REAL_CUDNN NAMES libcudnn.so.9 HINTS ${CUDNN_ROOT} $ENV{CUDNN_ROOT} /usr/local/cuda PATH_SUFFIXES lib lib64)
mark_as_advanced(SSD_REAL_CUDNN)
foreach(source ${cudnn_alone_tests})
  get_filename_component(name ${source} NAME_WE)
  if(SSD_TEST_ONLY AND NOT name MATCHES "${SSD_TEST_ONLY}")
    continue()
  endif()
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_options(${name} PRIVATE -Wl,--no-as-needed)  # nothing calls the model by name
  target_link_libraries(${name} PRIVATE engine_cudnn cudnn_alone catch_main ${CMAKE_DL_LIBS})
  target_compile_definitions(${name} PRIVATE SSD_REAL_CUDNN="$<$<BOOL:${SSD_REAL_CUDNN}>:${SSD_REAL_CUDNN}>")
  ssd_register_test(${name} cuda_model)
endforeach()
