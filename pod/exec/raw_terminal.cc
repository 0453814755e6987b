#include "pod/exec/raw_terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace skiff::pod {

common::Result<RawTerminal> RawTerminal::Enter(int fd) {
  RawTerminal terminal(fd);
  termios settings{};
  if (::isatty(fd) == 0) return terminal;
  if (::tcgetattr(fd, &settings) != 0) return common::ErrnoError("read the terminal's settings");
  terminal.saved_ = settings;
  ::cfmakeraw(&settings);
  if (::tcsetattr(fd, TCSANOW, &settings) != 0) return common::ErrnoError("put the terminal into raw mode");
  return terminal;
}

RawTerminal::~RawTerminal() {
  if (saved_) ::tcsetattr(fd_, TCSADRAIN, &*saved_);
}

std::optional<WindowSize> ReadWindowSize(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return std::nullopt;
  return WindowSize{size.ws_row, size.ws_col};
}

}  // namespace skiff::pod
