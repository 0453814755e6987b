// The write end of a container's standard input: a pipe, or its terminal.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/event_loop.h"

namespace skiff::supervisor {

class StdinPipe {
 public:
  // `fd` is non-blocking. `drained` is called when a full buffer has room again, `closed` when the pipe was closed.
  StdinPipe(EventLoop& loop, common::UniqueFd fd, bool is_terminal, std::function<void()> drained,
            std::function<void()> closed);
  ~StdinPipe();

  bool full() const { return buffer_.size() >= kBufferLimit; }
  bool closed() const { return !fd_; }
  void Write(std::string_view data);
  // End of input once the buffer is written; for a terminal its end-of-file character.
  void Close();

 private:
  static constexpr size_t kBufferLimit = 64 * 1024;
  void Flush();
  void CloseNow();

  EventLoop& loop_;
  common::UniqueFd fd_;
  bool is_terminal_;
  std::function<void()> drained_;
  std::function<void()> closed_;
  std::string buffer_;
  bool close_when_written_ = false;
  bool watched_ = false;
};

}  // namespace skiff::supervisor
