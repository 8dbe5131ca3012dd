# ssdbench and its subcommands.
file(GLOB benchmark_sources CONFIGURE_DEPENDS benchmarks/*.cpp benchmarks/op/*.cpp)
if(SSD_HAVE_CUDA)
  list(FILTER benchmark_sources EXCLUDE REGEX "_cuda_absent\\.cpp$")
else()
  list(FILTER benchmark_sources EXCLUDE REGEX "_cuda\\.cpp$")
endif()
add_executable(ssdbench ${benchmark_sources})
target_link_libraries(ssdbench PRIVATE tools)
ssd_precompile(ssdbench REUSE_FROM tools)
# It measures the peaks of the machine with loops of its own.
set_source_files_properties(benchmarks/op/peaks.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
ssd_optimize_sources(benchmarks/op/peaks.cpp)
install(TARGETS ssdbench RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
ssd_install_pages(ssdbench)

# `ssdbench op` catches the kernels' calls: each symbol that kernel_calls.cpp names goes through it.
set(calls benchmarks/op/kernel_calls.cpp)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${calls})
file(READ ${calls} calls)
string(REGEX REPLACE "\"\n *\"" "" calls "${calls}")  # strings on two lines
string(REGEX MATCHALL "\"[0-9]+[a-z_0-9]+ENS_5Queue[A-Za-z0-9_]*\"" symbols "${calls}")
foreach(symbol ${symbols})
  string(REPLACE "\"" "" symbol ${symbol})
  target_link_options(ssdbench PRIVATE "LINKER:--wrap=_ZN7kernels${symbol}")
endforeach()
