# Where Debian expects things.
install(TARGETS propsd DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS propsctl DESTINATION ${CMAKE_INSTALL_BINDIR})
