# ssd_test_timeout(NAME SECONDS): so long the test may take, unless SSD_TEST_TIMEOUT says less. (ctest --timeout has no
# effect on tests that have the property.)
function(ssd_test_timeout name seconds)
  if(SSD_TEST_TIMEOUT AND SSD_TEST_TIMEOUT LESS seconds)
    set(seconds ${SSD_TEST_TIMEOUT})
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${seconds})
endfunction()

# ssd_register_test(NAME LABELS): the program NAME is a test, run from the project's root.
function(ssd_register_test name labels)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  ssd_test_timeout(${name} 900)
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "OMP_NUM_THREADS=2;OMP_WAIT_POLICY=passive" LABELS "${labels}")
endfunction()

# Every tests/**/*_test.cpp is a program of its own, named after its file.
if(Catch2_VERSION VERSION_LESS 3)
  add_library(catch_main OBJECT tests/catch_main.cpp)
  target_link_libraries(catch_main PUBLIC Catch2::Catch2)
else()
  add_library(catch_main INTERFACE)
  target_link_libraries(catch_main INTERFACE Catch2::Catch2WithMain)
endif()

# A test's own code is compiled with little optimisation: that takes a third less time, and what a test calls is compiled
# as in the programs.
set(ssd_test_options $<$<AND:$<CONFIG:Release>,$<COMPILE_LANGUAGE:CXX>>:-O1>)

file(GLOB test_kernel_sources CONFIGURE_DEPENDS tests/support/*.cu)
add_library(test_kernels STATIC ${test_kernel_sources})
ssd_kernel_language(test_kernels "${test_kernel_sources}")
target_link_libraries(test_kernels PUBLIC kernels)

file(GLOB support_sources CONFIGURE_DEPENDS tests/support/*.cpp)
add_library(test_support STATIC ${support_sources})
target_link_libraries(test_support PUBLIC tools test_kernels Catch2::Catch2 JPEG::JPEG PNG::PNG protozero::protozero xxhash)
target_compile_definitions(test_support PRIVATE SSD_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_compile_options(test_support PRIVATE ${ssd_test_options})
if(SSD_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 under sanitizers believes that std::regex reads what was never written.
  set_source_files_properties(tests/support/documents.cpp PROPERTIES COMPILE_OPTIONS -Wno-maybe-uninitialized)
endif()

file(GLOB_RECURSE test_sources CONFIGURE_DEPENDS tests/*_test.cpp)
list(FILTER test_sources EXCLUDE REGEX "/cuda_model/cudnn_alone/")
if(NOT SSD_HAVE_CUDA)
  include(cmake/CudnnModel.cmake)
endif()
if(SSD_HAVE_CUDNN AND NOT SSD_CUDA STREQUAL "MODEL")
  include(cmake/CudnnTests.cmake)
else()
  list(FILTER test_sources EXCLUDE REGEX "/engine/cudnn/cudnn_[a-z_]+_test\\.cpp$")
endif()
if(NOT SSD_CUDA STREQUAL "MODEL")
  list(FILTER test_sources EXCLUDE REGEX "/tests/cuda_model/")
endif()
if(NOT TARGET ssd320)
  list(FILTER test_sources EXCLUDE REGEX "/tools/library/")
endif()
if(NOT TARGET nccl_model OR NOT SSD_HAVE_CUDNN)  # nccl.h or cuDNN's headers are missing
  list(FILTER test_sources EXCLUDE REGEX "/modelled_nccl_test\\.cpp$")
endif()
