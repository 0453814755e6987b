#include "runtime/seccomp_cache.h"

#include <gtest/gtest.h>

#include "common/file.h"
#include "common/ids.h"

namespace skiff::runtime {
namespace {

using common::ErrorCode;

class SeccompCacheTest : public testing::Test {
 protected:
  void SetUp() override {
    base_ = testing::TempDir() + "/seccomp-cache-" + common::RandomHex(8);
    ASSERT_TRUE(common::MakeDirectories(base_ + "/root/c1"));
    ASSERT_TRUE(common::WriteFile(base_ + "/crun", "version one", 0755));
    cache_.emplace(base_ + "/cache", base_ + "/crun", base_ + "/root");
  }
  void TearDown() override { EXPECT_TRUE(common::RemoveTree(base_)); }

  void LeaveFilter(const std::string& bytes) {
    ASSERT_TRUE(common::WriteFile(base_ + "/root/c1/seccomp.bpf", bytes));
  }

  std::string base_;
  std::optional<SeccompCache> cache_;
};

TEST_F(SeccompCacheTest, FindsWhatWasStored) {
  EXPECT_FALSE(cache_->Find("{profile}"));
  EXPECT_EQ(cache_->Store("c1", "{profile}").error().code(), ErrorCode::kNotFound);
  LeaveFilter("01234567");
  const auto stored = cache_->Store("c1", "{profile}");
  ASSERT_TRUE(stored) << stored.error().message();
  EXPECT_EQ(cache_->Find("{profile}").value_or(""), "MDEyMzQ1Njc=");
  EXPECT_FALSE(cache_->Find("{other}"));
  EXPECT_FALSE(cache_->Find(""));
}

TEST_F(SeccompCacheTest, Base64OfEveryRemainder) {
  LeaveFilter(std::string("\xff\x00\x10\x83\xfe\xfb\xef\x7e", 8));
  ASSERT_TRUE(cache_->Store("c1", "a"));
  EXPECT_EQ(cache_->Find("a").value_or(""), "/wAQg/77734=");
  LeaveFilter(std::string(16, 'x'));
  ASSERT_TRUE(cache_->Store("c1", "b"));
  EXPECT_EQ(cache_->Find("b").value_or(""), "eHh4eHh4eHh4eHh4eHh4eA==");
  LeaveFilter(std::string(24, 'x'));
  ASSERT_TRUE(cache_->Store("c1", "c"));
  EXPECT_EQ(cache_->Find("c").value_or(""), "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4");
}

TEST_F(SeccompCacheTest, AnotherBuildOfTheRuntimeFindsNothing) {
  LeaveFilter("01234567");
  ASSERT_TRUE(cache_->Store("c1", "{profile}"));
  ASSERT_TRUE(common::WriteFileAtomic(base_ + "/crun", "version two", 0755));
  EXPECT_FALSE(cache_->Find("{profile}"));
  ASSERT_TRUE(common::RemoveFile(base_ + "/crun"));
  EXPECT_FALSE(cache_->Find("{profile}"));
}

TEST_F(SeccompCacheTest, KeepsOutOfARuntimesOwnCache) {
  LeaveFilter("01234567");
  ASSERT_TRUE(common::MakeDirectories(base_ + "/root/.cache/seccomp"));
  EXPECT_TRUE(cache_->Store("c1", "{profile}"));
  EXPECT_FALSE(common::PathExists(base_ + "/cache"));
}

TEST_F(SeccompCacheTest, BrokenFiltersAreRefused) {
  LeaveFilter("0123");
  EXPECT_EQ(cache_->Store("c1", "{profile}").error().message(),
            base_ + "/crun left a broken seccomp filter (4 bytes)");
}

}  // namespace
}  // namespace skiff::runtime
