#include "image/transfer_process.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "common/file.h"
#include "common/process.h"
#include "image/transfer_error.h"

namespace skiff::image {
namespace {

using common::ErrnoError;
using common::ErrorCode;
using common::MakeError;
using common::Result;
using common::UniqueFd;

constexpr size_t kErrorLimit = 1u << 20;
constexpr size_t kLineLimit = 64u << 20;

struct Pipe {
  UniqueFd read, write;
};

Result<Pipe> MakePipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return ErrnoError("pipe");
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// Splits what arrives into lines; events are handed on, the last other line is kept.
class LineReader {
 public:
  explicit LineReader(const EventSink& sink) : sink_(sink) {}

  void Add(std::string_view text) {
    buffer_ += text;
    size_t start = 0;
    for (size_t end; (end = buffer_.find('\n', start)) != std::string::npos; start = end + 1)
      Line(std::string_view(buffer_).substr(start, end - start));
    buffer_.erase(0, start);
    if (buffer_.size() > kLineLimit) buffer_.clear();
  }
  const std::string& result() const { return result_; }

 private:
  void Line(std::string_view line) {
    if (line.starts_with("{\"event\":")) {
      TransferEvent event;
      const auto json = common::ParseJson(line, "event");
      if (json && DecodeTransferEvent(*json, event) && sink_) sink_(event);
    } else {
      result_ = line;
    }
  }

  const EventSink& sink_;
  std::string buffer_, result_;
};

// False at the end of the stream.
bool ReadSome(int fd, const std::function<void(std::string_view)>& take) {
  char buffer[16384];
  const ssize_t n = ::read(fd, buffer, sizeof buffer);
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n > 0) take({buffer, static_cast<size_t>(n)});
  return n > 0;
}

}  // namespace

Result<common::JsonDocument> RunTransferVerb(const common::SystemPaths& paths, const char* verb, const std::string& request,
                                             const EventSink& sink) {
  ASSIGN_OR_RETURN(const UniqueFd input, common::MemoryFile(request));
  ASSIGN_OR_RETURN(Pipe out, MakePipe());
  ASSIGN_OR_RETURN(Pipe err, MakePipe());
  common::Command command;
  command.argv = {paths.Program("skiff-transfer"), verb, "--graph-root", paths.graph_root, "--run-root", paths.storage_run};
  if (paths.rootless) command.argv.push_back("--rootless");
  command.stdin_fd = input.get();
  command.stdout_fd = out.write.get();
  command.stderr_fd = err.write.get();
  ASSIGN_OR_RETURN(const common::Child child, common::Spawn(command));
  out.write.Reset();
  err.write.Reset();

  LineReader lines(sink);
  std::string errors;
  pollfd polls[2] = {{out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}};
  while (polls[0].fd >= 0 || polls[1].fd >= 0) {
    if (::poll(polls, 2, -1) < 0 && errno != EINTR) return ErrnoError("poll");
    if (polls[0].fd >= 0 && polls[0].revents != 0 && !ReadSome(polls[0].fd, [&](std::string_view text) { lines.Add(text); }))
      polls[0].fd = -1;
    if (polls[1].fd >= 0 && polls[1].revents != 0 &&
        !ReadSome(polls[1].fd, [&](std::string_view text) { if (errors.size() < kErrorLimit) errors += text; }))
      polls[1].fd = -1;
  }
  ASSIGN_OR_RETURN(const common::ExitStatus status, common::Wait(child.pid));
  if (status.signal != 0)
    return MakeError(ErrorCode::kInternal, "skiff-transfer was killed by signal {}; the store is as it was before", status.signal);
  if (!status.ok()) return DecodeTransferError(errors);
  return common::ParseJson(lines.result(), "skiff-transfer's result");
}

}  // namespace skiff::image
