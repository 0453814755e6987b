#include "pod/exec/exec_lookup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"

namespace skiff::pod {
namespace {

using common::ErrorCode;

class ExecLookupTest : public ::testing::Test {
 protected:
  ExecLookupTest() {
    char pattern[] = "/tmp/skiff-lookup-XXXXXX";
    root_ = ::mkdtemp(pattern);
    EXPECT_TRUE(common::MakeDirectories(root_ + "/usr/bin"));
    EXPECT_TRUE(common::MakeDirectories(root_ + "/opt/sh"));
    EXPECT_TRUE(common::WriteFile(root_ + "/usr/bin/tool", "x", 0755));
    EXPECT_TRUE(common::WriteFile(root_ + "/usr/bin/text", "x", 0644));
    EXPECT_TRUE(common::WriteFile(root_ + "/usr/bin/sh", "x", 0755));
    EXPECT_EQ(::symlink("/usr/bin", (root_ + "/bin").c_str()), 0);  // leads out of the root, if it is taken by its word
  }
  ~ExecLookupTest() override { (void)common::RemoveTree(root_); }

  common::Result<> Check(const std::string& command, const std::string& path = "PATH=/bin", const std::string& folder = "/") {
    return CheckCommand(root_, {"A=1", path}, folder, command);
  }

  std::string root_;
};

TEST_F(ExecLookupTest, FindsByPathAndByName) {
  for (const char* command : {"tool", "/bin/tool", "/usr/bin/../bin/tool", "usr/bin/tool"}) EXPECT_TRUE(Check(command)) << command;
  EXPECT_TRUE(Check("./tool", "PATH=/none", "/usr/bin"));
  EXPECT_TRUE(CheckCommand(root_, {}, "/", "tool"));
}

TEST_F(ExecLookupTest, AbsentIsNotFoundWhateverTheHostHas) {
  for (const char* command : {"none", "/usr/bin/env", "./tool", "/usr/bin/tool/x"}) {
    const auto result = Check(command);
    ASSERT_FALSE(result) << command;
    EXPECT_EQ(result.error().code(), ErrorCode::kCommandNotFound) << command;
  }
  EXPECT_EQ(Check("none").error().message(), "the command \"none\" does not exist in the container");
  EXPECT_EQ(Check("tool", "PATH=/opt:/none").error().code(), ErrorCode::kCommandNotFound);
}

TEST_F(ExecLookupTest, FoldersAndPlainFilesCannotBeExecuted) {
  for (const char* command : {"/usr/bin/text", "text", "/opt"}) {
    const auto result = Check(command);
    ASSERT_FALSE(result) << command;
    EXPECT_EQ(result.error().code(), ErrorCode::kCommandNotExecutable) << command;
  }
  EXPECT_TRUE(Check("sh", "PATH=/opt:/usr/bin")) << "a folder of that name comes first";
}

TEST_F(ExecLookupTest, NothingIsSaidAboutWhatAMountBrings) {
  ASSERT_EQ(::symlink("/data/app", (root_ + "/app").c_str()), 0);
  const auto check = [&](const char* command, const char* mount) { return CheckCommand(root_, {"PATH=/bin"}, "/", command, {mount}); };
  EXPECT_TRUE(check("/scripts/run.sh", "/scripts"));
  EXPECT_TRUE(check("/scripts/run.sh", "/scripts/run.sh"));
  EXPECT_TRUE(check("/app/run", "/data")) << "a link that leads nowhere yet";
  EXPECT_TRUE(check("/bin/none", "/usr/bin")) << "by a link to a folder that is there";
  EXPECT_TRUE(check("none", "/usr/bin"));
  EXPECT_TRUE(check("/opt", "/opt")) << "a file over a folder";
  EXPECT_FALSE(check("/scripts2/run.sh", "/scripts"));
  EXPECT_FALSE(check("none", "/data"));
  EXPECT_FALSE(check("/none", "/data"));
}

TEST_F(ExecLookupTest, WorkingDirectoriesAreFolders) {
  EXPECT_TRUE(CheckWorkingDir(root_, "/"));
  EXPECT_TRUE(CheckWorkingDir(root_, "/bin"));
  for (const char* path : {"/none", "/usr/bin/text", "/usr/bin/text/x"}) {
    const auto result = CheckWorkingDir(root_, path);
    ASSERT_FALSE(result) << path;
    EXPECT_EQ(result.error().code(), ErrorCode::kCommandNotFound);
  }
}

}  // namespace
}  // namespace skiff::pod
