# Tests that make cuDNN's plans without a GPU. cuDNN wants a CUDA driver to be there: a shared library with every
# function of the toolkit's stub of the driver, most of them generated.
find_library(SSD_CUDA_DRIVER_STUB cuda PATHS ${CUDAToolkit_LIBRARY_DIR}/stubs ${CUDAToolkit_LIBRARY_ROOT}/lib64/stubs NO_DEFAULT_PATH REQUIRED)
execute_process(COMMAND ${CMAKE_NM} -D --defined-only ${SSD_CUDA_DRIVER_STUB} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL " T cu[A-Za-z0-9_]+" symbols "${symbols}")
list(REMOVE_DUPLICATES symbols)
set(calls "")
foreach(symbol ${symbols})
  string(SUBSTRING ${symbol} 3 -1 symbol)
  string(APPEND calls "__attribute__((weak)) int ${symbol}(void) { return 0; }\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/libcuda_calls.c CONTENT "${calls}" @ONLY)
add_library(libcuda_shim SHARED tests/cudnn/libcuda_shim.c ${CMAKE_BINARY_DIR}/generated/libcuda_calls.c)
set_target_properties(libcuda_shim PROPERTIES PREFIX "" OUTPUT_NAME cuda_shim LINK_OPTIONS "-Wl,-soname,libcuda.so.1"
                      NO_SONAME ON LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_link_libraries(libcuda_shim PRIVATE ${CMAKE_DL_LIBS})

add_library(cudnn_test_support STATIC tests/cudnn/cards.cpp tests/cudnn/model_plans.cpp tests/cudnn/plan_finder.cpp)
target_link_libraries(cudnn_test_support PUBLIC test_support)
target_compile_definitions(cudnn_test_support PRIVATE SSD_LIBCUDA_SHIM="$<TARGET_FILE:libcuda_shim>")
add_dependencies(cudnn_test_support libcuda_shim)

if(NOT SSD_TEST_ONLY OR "cudnn_plan_check" MATCHES "${SSD_TEST_ONLY}")
  add_executable(cudnn_plan_check tests/cudnn_plan_check.cpp)
  set_target_properties(cudnn_plan_check PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(cudnn_plan_check PRIVATE cudnn_test_support CLI11::CLI11)
  add_test(NAME cudnn_plan_check COMMAND cudnn_plan_check)
  set_tests_properties(cudnn_plan_check PROPERTIES TIMEOUT 1800 SKIP_RETURN_CODE 77)
endif()
