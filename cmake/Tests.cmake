# Every tests/**/*_test.cpp is a program of its own, named after its file.
find_package(Catch2 2 REQUIRED)
add_library(catch_main OBJECT tests/catch_main.cpp)
target_link_libraries(catch_main PUBLIC Catch2::Catch2)

file(GLOB test_kernel_sources CONFIGURE_DEPENDS tests/support/*.cu)
add_library(test_kernels STATIC ${test_kernel_sources})
ssd_kernel_language(test_kernels "${test_kernel_sources}")
target_link_libraries(test_kernels PUBLIC kernels)

file(GLOB support_sources CONFIGURE_DEPENDS tests/support/*.cpp)
add_library(test_support STATIC ${support_sources})
target_link_libraries(test_support PUBLIC tools test_kernels Catch2::Catch2 JPEG::JPEG PNG::PNG protozero::protozero xxhash)
target_compile_definitions(test_support PRIVATE SSD_SOURCE_DIR="${CMAKE_SOURCE_DIR}")

file(GLOB_RECURSE test_sources CONFIGURE_DEPENDS tests/*_test.cpp)
foreach(source ${test_sources})
  get_filename_component(name ${source} NAME_WE)
  if(SSD_TEST_ONLY AND NOT name MATCHES "${SSD_TEST_ONLY}")
    continue()
  endif()
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE test_support catch_main)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  get_filename_component(folder ${source} DIRECTORY)
  get_filename_component(folder ${folder} NAME)  # `ctest -L ops` runs tests/ops
  set_tests_properties(${name} PROPERTIES TIMEOUT 900 ENVIRONMENT "OMP_NUM_THREADS=2" LABELS ${folder})
endforeach()
if(TEST gpu_memory_test)
  set_tests_properties(gpu_memory_test PROPERTIES RUN_SERIAL ON)  # it counts the whole GPU's memory
endif()

# Run by tests/gpu/gpu_failures_test.cpp and tools/gpu_check.sh.
add_executable(planted_fault tests/gpu/planted_fault.cpp)
set_target_properties(planted_fault PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_link_libraries(planted_fault PRIVATE test_support)
if(TARGET gpu_failures_test)
  add_dependencies(gpu_failures_test planted_fault)
endif()

# Run by tests/peers/torch_parity.py.
add_executable(model_parity tests/parity/model_parity.cpp)
set_target_properties(model_parity PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_link_libraries(model_parity PRIVATE test_support)

# Cases of the reference's own tests, where the file lies beside the project.
file(GLOB reference_sources CONFIGURE_DEPENDS tests/reference_cases/*.cpp)
add_executable(reference_cases tests/reference_cases.cpp ${reference_sources})
target_link_libraries(reference_cases PRIVATE test_support)
set(reference_file ${CMAKE_SOURCE_DIR}/../shared/spec/reference_cases.json)
if(EXISTS ${reference_file} AND NOT SSD_TEST_ONLY)
  add_test(NAME reference_cases COMMAND reference_cases ${reference_file})
endif()
