#include "pod/supervisor/program_attempt.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "common/file.h"
#include "common/json.h"

namespace skiff::supervisor {

using common::JsonBuilder;
using common::JsonValue;
using common::Result;
using common::UniqueFd;

namespace {

constexpr size_t kMostOutput = 10 * 1024;

// The container's own process with other arguments and no terminal.
Result<std::string> ExecProcess(const std::string& bundle, const std::vector<std::string>& argv) {
  const std::string path = bundle + "/config.json";
  ASSIGN_OR_RETURN(const std::string config, common::ReadFile(path));
  ASSIGN_OR_RETURN(const common::JsonDocument document, common::ParseJson(config, path));
  const JsonValue* own = common::FindObject(document, "process");
  if (own == nullptr) return common::MakeError(common::ErrorCode::kInternal, "{} has no process", path);
  JsonBuilder builder;
  JsonValue process(*own, builder.allocator());
  for (const char* replaced : {"args", "terminal"}) process.RemoveMember(replaced);
  builder.Set(process, "args", builder.Strings(argv));
  builder.Set(process, "terminal", JsonValue(false));
  return common::ToJson(process);
}

// What the runtime itself says of a command that it could not start.
std::string RuntimeMessage(const runtime::OciRuntime& runtime, const std::string& log_file, const std::string& program,
                           int code) {
  const auto log = common::ReadFile(log_file, 64 * 1024);
  if (!log || log->empty()) return "";
  return runtime.RunError({.log_file = log_file, .command = program}, code).message();
}

}  // namespace

Result<std::unique_ptr<ProgramAttempt>> ProgramAttempt::Start(EventLoop& loop, common::Command command, Judge judge,
                                                              Done done) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return common::ErrnoError("pipe");
  std::unique_ptr<ProgramAttempt> attempt(new ProgramAttempt(loop, std::move(judge), std::move(done)));
  attempt->output_pipe_ = UniqueFd(ends[0]);
  const UniqueFd write_end(ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  command.stdout_fd = write_end.get();
  command.stderr_fd = write_end.get();
  command.working_directory = "/";
  ASSIGN_OR_RETURN(common::Child child, common::Spawn(command));
  attempt->pid_ = child.pid;
  attempt->self_ = std::make_shared<ProgramAttempt*>(attempt.get());
  TRY(loop.WatchChild(std::move(child), [self = attempt->self_](common::ExitStatus status) {
    if (*self != nullptr) (*self)->OnEnded(status);
  }));
  TRY(loop.Watch(attempt->output_pipe_.get(), EPOLLIN, [raw = attempt.get()](uint32_t) { raw->OnOutput(); }));
  return attempt;
}

Result<std::unique_ptr<ProgramAttempt>> ProgramAttempt::StartExec(EventLoop& loop, const runtime::OciRuntime& runtime,
                                                                  const ContainerPlan& container,
                                                                  const std::vector<std::string>& argv,
                                                                  const std::string& scratch, Done done) {
  ASSIGN_OR_RETURN(const std::string process, ExecProcess(container.bundle, argv));
  TRY(common::WriteFile(scratch + ".json", process, 0600));
  TRY(common::RemoveFile(scratch + ".log"));
  common::Command command{.argv = runtime.ExecArgv(container.id, scratch + ".json")};
  command.argv.insert(command.argv.begin() + 1, {"--log", scratch + ".log", "--log-format", "json"});
  const auto exec = std::find(command.argv.begin(), command.argv.end(), "exec");
  command.argv.insert(exec + 1, {"--pid-file", scratch + ".pid"});
  command.new_session = true;  // else the command of a runtime that makes no group would be in ours
  const auto judge = [&runtime, scratch, program = argv.front()](common::ExitStatus status,
                                                                 const std::string& output) -> ProbeResult {
    if (status.ok()) return {true, output};
    const std::string message = RuntimeMessage(runtime, scratch + ".log", program, status.ToCode());
    return {false, message.empty() ? output : message};
  };
  auto attempt = Start(loop, std::move(command), judge, std::move(done));
  if (attempt) (*attempt)->scratch_ = scratch;
  return attempt;
}

ProgramAttempt::~ProgramAttempt() {
  if (self_) *self_ = nullptr;
  if (output_pipe_) loop_.Unwatch(output_pipe_.get());
  if (pid_ <= 0) return;
  // Not reaped yet: neither number can be another process's. The command first, which the runtime then waits for.
  pid_t inner = 0;
  if (!scratch_.empty())
    if (const auto text = common::ReadFile(scratch_ + ".pid", 64))
      std::from_chars(text->data(), text->data() + text->size(), inner);
  if (inner > 1) {
    // With what it has started: the runtimes give it a session, and so a group, of its own.
    if (const pid_t group = ::getpgid(inner); group > 1 && group != ::getpgrp()) ::kill(-group, SIGKILL);
    ::kill(inner, SIGKILL);
  }
  ::kill(pid_, SIGKILL);
  RemoveScratch();
}

void ProgramAttempt::RemoveScratch() {
  if (scratch_.empty()) return;
  for (const char* suffix : {".json", ".log", ".pid"}) (void)common::RemoveFile(scratch_ + suffix);
}

// False: nothing more to come.
bool ProgramAttempt::ReadOutput() {
  char buffer[4096];
  while (true) {
    const ssize_t size = ::read(output_pipe_.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return size < 0 && errno == EAGAIN;
    output_.append(buffer, std::min(static_cast<size_t>(size), kMostOutput - output_.size()));
  }
}

void ProgramAttempt::OnOutput() {
  if (ReadOutput()) return;
  loop_.Unwatch(output_pipe_.get());
  output_pipe_.Reset();
}

// What it left running may keep the pipe open: its own output is in it already.
void ProgramAttempt::OnEnded(common::ExitStatus status) {
  pid_ = -1;
  if (output_pipe_) {
    (void)ReadOutput();
    loop_.Unwatch(output_pipe_.get());
    output_pipe_.Reset();
  }
  const ProbeResult result = judge_(status, output_);
  RemoveScratch();
  const Done done = std::move(done_);
  done(result);  // may destroy us
}

}  // namespace skiff::supervisor
