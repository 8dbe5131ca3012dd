# Every benchmarks/*.cpp is a program of its own, named after its file.
file(GLOB benchmark_sources CONFIGURE_DEPENDS benchmarks/*.cpp)
foreach(source ${benchmark_sources})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE tools)
endforeach()
