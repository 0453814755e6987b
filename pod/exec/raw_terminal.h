// The user's terminal while a container's terminal is shown on it.
#pragma once

#include <termios.h>

#include <optional>

#include "common/result.h"

namespace skiff::pod {

// Raw mode until destruction. Nothing happens when the descriptor is no terminal.
class RawTerminal {
 public:
  static common::Result<RawTerminal> Enter(int fd);
  RawTerminal(RawTerminal&& other) noexcept : fd_(other.fd_), saved_(other.saved_) { other.saved_.reset(); }
  RawTerminal& operator=(RawTerminal&&) = delete;
  ~RawTerminal();

 private:
  explicit RawTerminal(int fd) : fd_(fd) {}
  int fd_;
  std::optional<termios> saved_;
};

struct WindowSize {
  int rows = 0;
  int columns = 0;
};
std::optional<WindowSize> ReadWindowSize(int fd);

}  // namespace skiff::pod
