#include "pod/supervisor/stdin_pipe.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>

namespace skiff::supervisor {

namespace {
constexpr char kEndOfFile = 4;  // ctrl-d
}

StdinPipe::StdinPipe(EventLoop& loop, common::UniqueFd fd, bool is_terminal, std::function<void()> drained,
                     std::function<void()> closed)
    : loop_(loop), fd_(std::move(fd)), is_terminal_(is_terminal), drained_(std::move(drained)), closed_(std::move(closed)) {}

StdinPipe::~StdinPipe() {
  if (watched_) loop_.Unwatch(fd_.get());
}

void StdinPipe::Write(std::string_view data) {
  if (!fd_ || close_when_written_) return;
  buffer_ += data;
  Flush();
}

void StdinPipe::Close() {
  if (is_terminal_) return Write(std::string_view(&kEndOfFile, 1));
  close_when_written_ = true;
  if (buffer_.empty()) CloseNow();
}

void StdinPipe::Flush() {
  const bool was_full = full();
  while (!buffer_.empty()) {
    const ssize_t n = ::write(fd_.get(), buffer_.data(), buffer_.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return CloseNow();  // the container has closed its standard input
    buffer_.erase(0, static_cast<size_t>(n));
  }
  if (!buffer_.empty() && !watched_)
    watched_ = loop_.Watch(fd_.get(), EPOLLOUT, [this](uint32_t) { Flush(); }).has_value();
  if (buffer_.empty() && watched_) {
    loop_.Unwatch(fd_.get());
    watched_ = false;
  }
  if (buffer_.empty() && close_when_written_) return CloseNow();
  if (was_full && !full()) drained_();
}

void StdinPipe::CloseNow() {
  if (!fd_) return;
  if (watched_) loop_.Unwatch(fd_.get());
  watched_ = false;
  buffer_.clear();
  fd_.Reset();
  closed_();
  drained_();
}

}  // namespace skiff::supervisor
