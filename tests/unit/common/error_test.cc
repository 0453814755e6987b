#include "common/error.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <cerrno>

#include "common/file.h"

namespace skiff::common {
namespace {

using ::testing::HasSubstr;

TEST(Error, RunningOutOfDescriptorsSaysOfWhat) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 3;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto opened = Open("/dev/null", O_RDONLY);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().errno_value(), EMFILE);
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(opened.error().message(), HasSubstr("open files"));
  EXPECT_THAT(opened.error().message(), HasSubstr("ulimit -n"));
  EXPECT_THAT(Error::FromErrno(ENFILE, "open x").message(), HasSubstr("fs.file-max"));
}

}  // namespace
}  // namespace skiff::common
