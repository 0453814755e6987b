#include "cli/registry/transfer_progress.h"

#include <gtest/gtest.h>

#include "cli/registry/access_flags.h"

namespace skiff::cli {
namespace {

image::TransferEvent Blob(int64_t bytes, int64_t size) {
  return {image::TransferEvent::Kind::kProgress, "a", "sha256:0123456789abcdef", "blob", bytes, size};
}

TEST(TransferProgress, BarsFitTheirWidth) {
  EXPECT_EQ(TransferProgress::Bar(Blob(500, 1000), 60), "Copying blob 0123456789ab [=========>--------] 500 B / 1 kB");
  EXPECT_EQ(TransferProgress::Bar(Blob(1000, 1000), 60).find('>'), std::string::npos);
  for (const size_t width : {10u, 40u, 60u, 200u})
    for (const int64_t bytes : {int64_t{0}, int64_t{999}, int64_t{5000}}) EXPECT_LE(TransferProgress::Bar(Blob(bytes, 1000), width).size(), width);
}

TEST(AccessFlags, AreChecked) {
  AccessFlags flags;
  flags.creds = "user:a:b";
  flags.retry_delay = "500ms";
  flags.retries = 0;
  const auto access = flags.Build();
  ASSERT_TRUE(access);
  EXPECT_EQ(access->auth.given->username, "user");
  EXPECT_EQ(access->auth.given->password, "a:b");
  EXPECT_EQ(access->retry_delay_ms, 500);
  EXPECT_EQ(access->retries, 0);
  flags.retry_delay = "soon";
  EXPECT_FALSE(flags.Build());
  flags.retry_delay.clear();
  flags.creds = "user";
  EXPECT_FALSE(flags.Build());
  flags.creds = ":x";
  EXPECT_FALSE(flags.Build());
}

TEST(PlatformFlags, AreChecked) {
  const auto apply = [](const std::string& platform, const std::string& arch = "") {
    PlatformFlags flags;
    flags.platform = platform;
    flags.arch = arch;
    image::RegistryRequest request;
    const auto applied = flags.Apply(request);
    return applied ? request.os + "," + request.architecture + "," + request.variant : "refused";
  };
  EXPECT_EQ(apply("linux/arm64"), "linux,arm64,");
  EXPECT_EQ(apply("linux/arm/v7"), "linux,arm,v7");
  EXPECT_EQ(apply("linux/x86_64"), "linux,amd64,");
  EXPECT_EQ(apply("", "aarch64"), ",arm64,");
  EXPECT_EQ(apply("linux"), "linux,,");
  EXPECT_EQ(apply("", "s390x"), ",s390x,");
  for (const char* wrong : {"/arm64", "linux/", "linux/arm/v7/x"}) EXPECT_EQ(apply(wrong), "refused") << wrong;
  EXPECT_EQ(apply("linux/arm64", "amd64"), "refused");
}

}  // namespace
}  // namespace skiff::cli
