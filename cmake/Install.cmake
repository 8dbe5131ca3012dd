# `cmake --install BUILD --prefix FOLDER`: the programs, the configurations, and the documents, whose links to each
# other stay right.
include(GNUInstallDirs)
foreach(source ${program_sources})
  get_filename_component(name ${source} NAME_WE)
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endforeach()
install(DIRECTORY configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/ssd320/configs)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
