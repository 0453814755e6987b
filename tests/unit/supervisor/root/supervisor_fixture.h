// What the tests of reaper and supervisor have in common: real programs, in the sandbox (tests/support/sandbox PROGRAM).
#pragma once

#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>
#include <thread>

#include "common/clock.h"
#include "common/file.h"
#include "pod/supervisor/dead_pod.h"
#include "pod/supervisor/pod_lock.h"
#include "tests/unit/supervisor/root/test_pod.h"

namespace skiff::supervisor {

using testing::HasSubstr;

class SupervisorRootTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("SKIFF_SANDBOX") == nullptr)
      GTEST_SKIP() << "needs root and namespaces of its own: run it with tests/support/sandbox";
  }
};

inline std::string Describe(const common::Result<LaunchEvent>& event) {
  if (!event) return event.error().message();
  return event->event + " " + event->container + " " + event->message;
}

// The whole lines of one stream of a CRI log: "TIME STREAM F TEXT".
inline std::string LinesOf(const std::string& log, const std::string& stream) {
  std::istringstream lines(common::ReadFile(log).value_or(""));
  const std::string mark = " " + stream + " F ";
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (const size_t at = line.find(mark); at != std::string::npos) text += line.substr(at + mark.size()) + "\n";
  }
  return text;
}

#define ASSERT_STARTS(pod)                                            \
  do {                                                                \
    const auto start_event = (pod).Start();                           \
    ASSERT_TRUE(start_event && start_event->event == "running") << Describe(start_event); \
  } while (false)

}  // namespace skiff::supervisor
