// An attempt that is a program: a command in the container through the OCI runtime's exec, or skiff-probe.
#pragma once

#include <memory>
#include <string>

#include "common/process.h"
#include "common/result.h"
#include "common/unique_fd.h"
#include "pod/supervisor/attempt.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/plan.h"
#include "runtime/oci_runtime.h"

namespace skiff::supervisor {

class ProgramAttempt final : public Attempt {
 public:
  // What its end means; `output` is both of its streams together, its first 10 KiB.
  using Judge = std::function<ProbeResult(common::ExitStatus, const std::string& output)>;

  static common::Result<std::unique_ptr<ProgramAttempt>> Start(EventLoop& loop, common::Command command, Judge judge,
                                                               Done done);
  // `scratch` is a path prefix for files that live as long as the attempt.
  static common::Result<std::unique_ptr<ProgramAttempt>> StartExec(EventLoop& loop, const runtime::OciRuntime& runtime,
                                                                   const ContainerPlan& container,
                                                                   const std::vector<std::string>& argv,
                                                                   const std::string& scratch, Done done);
  ~ProgramAttempt() override;

  pid_t pid() const { return pid_; }
  // It goes on without us when this is destroyed.
  void Release() { pid_ = -1; }

 private:
  ProgramAttempt(EventLoop& loop, Judge judge, Done done) : loop_(loop), judge_(std::move(judge)), done_(std::move(done)) {}
  void OnOutput();
  bool ReadOutput();
  void OnEnded(common::ExitStatus status);
  void RemoveScratch();

  EventLoop& loop_;
  Judge judge_;
  Done done_;
  common::UniqueFd output_pipe_;
  std::string output_;
  pid_t pid_ = -1;
  std::string scratch_;    // of an exec: .json, .pid, .log; empty: none
  std::shared_ptr<ProgramAttempt*> self_;  // the child's watcher outlives us
};

}  // namespace skiff::supervisor
