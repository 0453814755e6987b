// Shared by the tests that need root: they run in tests/support/sandbox only.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "common/file.h"
#include "common/process.h"

#define SKIP_OUTSIDE_SANDBOX()                 \
  if (std::getenv("SKIFF_SANDBOX") == nullptr) \
  GTEST_SKIP() << "needs root and namespaces: run in tests/support/sandbox"

namespace skiff::runtime {

// Standard output of a program that must succeed, without the last newline.
inline std::string OutputOf(std::vector<std::string> argv) {
  common::Command command;
  command.argv = std::move(argv);
  const auto output = common::Run(std::move(command));
  EXPECT_TRUE(output) << output.error().message();
  if (!output) return "";
  EXPECT_TRUE(output->status.ok()) << output->err;
  return output->out.substr(0, output->out.find_last_not_of('\n') + 1);
}

// The value of "Key:\tvalue" in /proc/PID/status.
inline std::string StatusOf(pid_t pid, const std::string& key) {
  const std::string text = "\n" + common::ReadFile(fmt::format("/proc/{}/status", pid)).value_or("");
  const size_t at = text.find("\n" + key + ":");
  if (at == std::string::npos) return "absent";
  const size_t start = text.find_first_not_of("\t ", at + key.size() + 2);
  return text.substr(start, text.find('\n', start) - start);
}

inline std::string NamespaceOf(const std::string& pid, const std::string& type) {
  return common::ReadLink("/proc/" + pid + "/ns/" + type).value_or("absent");
}

}  // namespace skiff::runtime
