#include "runtime/user_lookup.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/file.h"
#include "common/ids.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;
using testing::ElementsAre;
using testing::IsEmpty;

class UserLookup : public testing::Test {
 protected:
  void SetUp() override {
    base_ = testing::TempDir() + "/user-lookup-" + common::RandomHex(8);
    for (const char* layer : {"top", "bottom"}) Make(std::string(layer) + "/etc/");
    Write("bottom/etc/passwd",
          "root:x:0:0:root:/root:/bin/sh\n# comment\n\nbroken line\nnouid:x::1::/:\n"
          "app:x:1000:1001:App:/home/app:/bin/sh\nhuge:x:99999999999:1::/:\nbare:x:1003:1003\n");
    Write("bottom/etc/group",
          "root:x:0:\nstaff:x:50:other,app\napp:x:1001:app\nwheel:x:10:app,root\nbad:x:y:app\n:x:3:app\n");
  }
  void TearDown() override { EXPECT_TRUE(common::RemoveTree(base_)); }

  void Make(const std::string& directory) {
    ASSERT_TRUE(common::MakeDirectories(base_ + "/" + directory.substr(0, directory.size() - 1)));
  }
  void Write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(common::WriteFile(base_ + "/" + path, text));
  }
  void Link(const std::string& target, const std::string& path) {
    ASSERT_EQ(::symlink(target.c_str(), (base_ + "/" + path).c_str()), 0);
  }
  common::Result<ResolvedUser> Resolve(const UserRequest& request) {
    return ResolveUser({base_ + "/top", base_ + "/bottom"}, request);
  }

  std::string base_;
};

TEST_F(UserLookup, NothingRequestedIsRoot) {
  const auto user = Resolve({});
  ASSERT_TRUE(user) << user.error().message();
  EXPECT_EQ(user->uid, 0u);
  EXPECT_EQ(user->gid, 0u);
  EXPECT_EQ(user->home, "/root");
  EXPECT_TRUE(user->numeric);
  EXPECT_THAT(user->additional_gids, ElementsAre(10u));
}

TEST_F(UserLookup, NameGivesGroupsAndHome) {
  const auto user = Resolve({.user = "app"});
  ASSERT_TRUE(user) << user.error().message();
  EXPECT_EQ(user->uid, 1000u);
  EXPECT_EQ(user->gid, 1001u);
  EXPECT_EQ(user->home, "/home/app");
  EXPECT_FALSE(user->numeric);
  EXPECT_THAT(user->additional_gids, ElementsAre(50u, 10u));
}

TEST_F(UserLookup, NumberIsLookedUpToo) {
  const auto user = Resolve({.user = "1000"});
  ASSERT_TRUE(user);
  EXPECT_EQ(user->gid, 1001u);
  EXPECT_TRUE(user->numeric);
  EXPECT_THAT(user->additional_gids, ElementsAre(50u, 10u));
  const auto unknown = Resolve({.user = "4242"});
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->uid, 4242u);
  EXPECT_EQ(unknown->gid, 0u);
  EXPECT_EQ(unknown->home, "/");
}

TEST_F(UserLookup, ExplicitGroupReplacesTheImagesGroups) {
  const auto user = Resolve({.user = "app:staff"});
  ASSERT_TRUE(user);
  EXPECT_EQ(user->gid, 50u);
  EXPECT_THAT(user->additional_gids, IsEmpty());
  EXPECT_EQ(Resolve({.user = "1000:7"})->gid, 7u);
}

TEST_F(UserLookup, RunAsUserWinsOverTheImagesUser) {
  const auto user = Resolve({.user = "app:staff", .uid = 0});
  ASSERT_TRUE(user);
  EXPECT_EQ(user->uid, 0u);
  EXPECT_EQ(user->gid, 0u);
  EXPECT_TRUE(user->numeric);
  const auto group = Resolve({.user = "app", .gid = 77});
  ASSERT_TRUE(group);
  EXPECT_EQ(group->gid, 77u);
  EXPECT_THAT(group->additional_gids, ElementsAre(50u, 1001u, 10u));
}

TEST_F(UserLookup, StrictLeavesTheImagesGroupsOut) {
  EXPECT_THAT(Resolve({.user = "app", .skip_image_groups = true})->additional_gids, IsEmpty());
}

TEST_F(UserLookup, UnknownNamesSayWhereTheyAreMissing) {
  const auto user = Resolve({.user = "nouid"});
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(user.error().message(),
            "no user \"nouid\" in the image's /etc/passwd; use a number or add the user");
  const auto group = Resolve({.user = "app:bad"});
  ASSERT_FALSE(group);
  EXPECT_EQ(group.error().message(),
            "no group \"bad\" in the image's /etc/group; use a number or add the group");
}

TEST_F(UserLookup, IdsOutOfRangeAreRefused) {
  EXPECT_EQ(Resolve({.uid = -1}).error().message(), "user id -1 is not between 0 and 4294967294");
  EXPECT_EQ(Resolve({.gid = int64_t{1} << 32}).error().code(), ErrorCode::kInvalid);
}

TEST_F(UserLookup, TopLayerHidesTheOneBelow) {
  Write("top/etc/passwd", "app:x:5:6::/top:\n");
  const auto user = Resolve({.user = "app"});
  ASSERT_TRUE(user);
  EXPECT_EQ(user->uid, 5u);
  EXPECT_EQ(user->home, "/top");
}

TEST_F(UserLookup, SymlinksStayInTheImage) {
  Make("top/usr/lib/");
  Write("top/usr/lib/passwd", "app:x:8:9::/linked:\n");
  Link("../../../../../../usr/lib/passwd", "top/etc/passwd");
  EXPECT_EQ(Resolve({.user = "app"})->uid, 8u);
  ASSERT_TRUE(common::RemoveFile(base_ + "/top/etc/passwd"));
  Link("/usr/lib/passwd", "top/etc/passwd");
  EXPECT_EQ(Resolve({.user = "app"})->uid, 8u);
  ASSERT_TRUE(common::RemoveFile(base_ + "/top/etc/passwd"));
  Link("/proc/self/status", "top/etc/passwd");
  EXPECT_EQ(Resolve({.user = "app"}).error().code(), ErrorCode::kNotFound);
}

TEST_F(UserLookup, SymlinkedFolderAcrossLayers) {
  ASSERT_TRUE(common::RemoveTree(base_ + "/top/etc"));
  Link("real", "top/etc");
  Make("bottom/real/");
  Write("bottom/real/passwd", "app:x:21:22::/:\n");
  EXPECT_EQ(Resolve({.user = "app"})->uid, 21u);
}

TEST_F(UserLookup, SymlinkLoopIsAnError) {
  Link("passwd", "top/etc/passwd");
  const auto user = Resolve({.user = "app"});
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().message(), "/etc/passwd: too many levels of symlinks in the image");
}

TEST_F(UserLookup, FifoDoesNotBlock) {
  ASSERT_EQ(::mkfifo((base_ + "/top/etc/passwd").c_str(), 0644), 0);
  EXPECT_EQ(Resolve({.user = "app"}).error().code(), ErrorCode::kNotFound);
}

TEST_F(UserLookup, WhiteoutHides) {
  if (::mknod((base_ + "/top/etc/passwd").c_str(), S_IFCHR | 0600, makedev(0, 0)) != 0)
    GTEST_SKIP() << "this file system or user cannot make whiteouts";
  EXPECT_EQ(Resolve({.user = "app"}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(Resolve({.user = "1000"})->gid, 0u);
}

TEST_F(UserLookup, OpaqueFolderHides) {
  if (::setxattr((base_ + "/top/etc").c_str(), "user.overlay.opaque", "y", 1, 0) != 0)
    GTEST_SKIP() << "no user attributes on this file system";
  EXPECT_EQ(Resolve({.user = "app"}).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace skiff::runtime
