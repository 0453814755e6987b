// A pod made by hand for the tests of reaper and supervisor: busybox as its only layer, config.json without an image.
#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pod/supervisor/control_client.h"
#include "pod/supervisor/launcher.h"
#include "pod/supervisor/plan.h"
#include "pod/supervisor/status.h"

namespace skiff::supervisor {

// Evaluates a Result<> and shows its error.
#define ASSERT_OK(expression)                                              \
  do {                                                                     \
    const auto& result_of_expression = (expression);                       \
    ASSERT_TRUE(result_of_expression) << result_of_expression.error().message(); \
  } while (false)

class TestPod {
 public:
  // Makes the root file system on first use and the pod's directories.
  explicit TestPod(const std::string& id);
  ~TestPod();

  // `sh -c script`. Change the plan through plan() before Start.
  ContainerPlan& AddContainer(const std::string& name, const std::string& script, const std::string& restart = "Never");
  PodPlan& plan() { return plan_; }
  // The same for a further container of a running pod: its plan, with its bundle written.
  ContainerPlan MakeContainer(const std::string& name, const std::string& script);

  // Writes plan.json and launches; reads events up to the last one.
  common::Result<LaunchEvent> Start();
  // After the reaper and its supervisor were killed.
  common::Result<> Adopt();
  common::Result<> Stop(std::optional<int64_t> grace_ms = {});
  common::Result<ControlReply> Ask(const std::string& op, const std::string& container,
                                   const std::function<void(ControlRequest&)>& adjust = {});

  PodStatus Status() const;
  ContainerStatus StatusOf(const std::string& name) const;
  // Waits up to ten seconds for the condition.
  bool WaitFor(const std::function<bool(const PodStatus&)>& condition) const;
  bool WaitForState(const std::string& name, const std::string& state) const;
  // Until the container has made this file in its root, for example to say that its trap is set.
  bool WaitForFile(const std::string& name, const std::string& path) const;
  // The text of the log's lines without time, stream and tag; parts are joined.
  std::string Log(const std::string& name, int number = 0) const;
  // Processes whose command line begins with the program and names this pod's run directory.
  std::vector<pid_t> ProcessesOf(const std::string& program) const;
  // What of this pod stays in the kernel: processes in its control groups, mounts, groups. Empty: nothing; what is just
  // ending is waited for.
  std::string Leftovers() const;

 private:
  std::string WhatIsThere() const;

  PodPlan plan_;
  std::optional<Launcher> launcher_;
};

// Generous, as the machine may be busy: what waits ends when its condition comes true.
constexpr std::chrono::seconds kPatience{120};

bool WaitUntil(const std::function<bool()>& condition);

}  // namespace skiff::supervisor
