# `cmake --install BUILD --prefix FOLDER`: the programs, the library, the configurations, and the documents, whose links
# to each other stay right. What is installed works in any folder.
include(GNUInstallDirs)
foreach(source ${program_sources})
  get_filename_component(name ${source} NAME_WE)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endforeach()
# A program's manual page and completions are what it prints about itself.
function(ssd_install_pages name)
  install(CODE "set(program \"$<TARGET_FILE:${name}>\")
  set(name ${name})
  set(man ${CMAKE_INSTALL_MANDIR}/man1)
  include(\"${CMAKE_SOURCE_DIR}/cmake/InstallPages.cmake\")")
endfunction()
foreach(source ${program_sources})
  get_filename_component(name ${source} NAME_WE)
  ssd_install_pages(${name})
endforeach()
install(DIRECTORY configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/ssd320/configs USE_SOURCE_PERMISSIONS)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The library: for the linker, for find_package(ssd320) and for pkg-config.
if(TARGET ssd320)
  install(TARGETS ssd320 LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES tools/library/detector.h tools/library/detector_c.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ssd320)
  set(generated ${CMAKE_BINARY_DIR}/generated)
  include(CMakePackageConfigHelpers)
  write_basic_package_version_file(${generated}/ssd320ConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  file(RELATIVE_PATH ssd_prefix /${CMAKE_INSTALL_LIBDIR}/cmake/ssd320 /)
  configure_file(cmake/ssd320Config.cmake.in ${generated}/ssd320Config.cmake @ONLY)
  install(FILES ${generated}/ssd320Config.cmake ${generated}/ssd320ConfigVersion.cmake
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ssd320)
  file(RELATIVE_PATH ssd_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  configure_file(cmake/ssd320.pc.in ${generated}/ssd320.pc @ONLY)
  install(FILES ${generated}/ssd320.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()

include(cmake/Package.cmake)
