// A handler carried out once, within its time: the common part of probes, hooks and health checks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "pod/supervisor/attempt.h"
#include "pod/supervisor/event_loop.h"
#include "pod/supervisor/network_namespace.h"
#include "pod/supervisor/plan.h"
#include "pod/supervisor/probe.h"
#include "runtime/oci_runtime.h"

namespace skiff::supervisor {

class ProgramAttempt;

// What a handler of one container needs.
struct HandlerContext {
  EventLoop& loop;
  const PodPlan& pod;
  const ContainerPlan& container;
  const runtime::OciRuntime& runtime;
  const std::optional<NetworkNamespace>& network;  // absent: the pod's infra has ended
};

class HandlerRun {
 public:
  using Done = std::function<void(const ProbeResult&, bool timed_out)>;

  // `purpose` ("liveness") names the attempt's files. Without `timeout` it may take as long as it likes. `hook`: every HTTP
  // answer is a success, as is a redirect. `done` is called once from the loop, never before this returns; it may destroy the run.
  HandlerRun(HandlerContext context, const Handler& handler, std::string purpose,
             std::optional<std::chrono::milliseconds> timeout, bool hook, Done done);
  ~HandlerRun();
  HandlerRun(const HandlerRun&) = delete;
  HandlerRun& operator=(const HandlerRun&) = delete;

  // The runtime's process of an exec handler, 0: there is none.
  pid_t pid() const;

 private:
  void StartAttempt();
  common::Result<std::unique_ptr<Attempt>> MakeAttempt();
  common::Result<std::unique_ptr<Attempt>> MakeHttpAttempt();
  common::Result<std::unique_ptr<Attempt>> MakeHelperAttempt();
  std::string TimeoutMessage() const;
  void OnTimeout();
  void Finish(const ProbeResult& result, bool timed_out);

  HandlerContext context_;
  Handler handler_;
  std::string purpose_;
  std::optional<std::chrono::milliseconds> timeout_;
  bool hook_;
  Done done_;
  std::unique_ptr<Attempt> attempt_;
  ProgramAttempt* program_ = nullptr;  // attempt_, if it is one
  int redirects_ = 0;
  EventLoop::TimerId timer_ = 0;
  EventLoop::TimerId soon_ = 0;  // tells a failure that was known at once
};

}  // namespace skiff::supervisor
