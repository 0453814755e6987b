#include "image/transfer/confine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "common/file.h"
#include "common/process.h"

namespace skiff::image {
namespace {

namespace fs = std::filesystem;

bool Opens(const std::string& path, int flags) {
  const auto fd = common::Open(path, flags);
  return fd.has_value() || fd.error().errno_value() != EACCES;
}

TEST(Confine, LeavesTheStoreAndTheSource) {
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 2)
    GTEST_SKIP() << "this kernel has no landlock that can be used";
  std::string pattern = testing::TempDir() + "/skiff-confine-XXXXXX";
  const std::string root = ::mkdtemp(pattern.data());
  const std::string store = root + "/store", source = root + "/source", other = root + "/other";
  fs::create_directories(store + "/a");
  fs::create_directories(store + "/b");
  ASSERT_TRUE(common::WriteFile(source, "s"));
  ASSERT_TRUE(common::WriteFile(other, "o"));
  ASSERT_TRUE(common::WriteFile(store + "/a/f", "f"));
  const pid_t pid = ::fork();
  if (pid == 0) {
    // In a child, as there is no way back. The exit code tells which expectation failed.
    if (!TryConfineFiles({store}, {source})) ::_exit(1);
    if (!Opens(source, O_RDONLY)) ::_exit(2);
    if (Opens(source, O_WRONLY)) ::_exit(3);
    if (Opens(other, O_RDONLY)) ::_exit(4);
    if (Opens(root + "/new", O_WRONLY | O_CREAT)) ::_exit(5);
    if (std::rename((store + "/a/f").c_str(), (store + "/b/g").c_str()) != 0) ::_exit(6);
    if (!common::WriteFile(store + "/b/h", "x")) ::_exit(7);
    if (std::rename((store + "/b/h").c_str(), other.c_str()) == 0) ::_exit(8);
    ::_exit(0);
  }
  const auto status = common::Wait(pid);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->ToCode(), 0);
  fs::remove_all(root);
}

}  // namespace
}  // namespace skiff::image
