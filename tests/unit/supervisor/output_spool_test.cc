#include "pod/supervisor/output_spool.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "common/file.h"
#include "pod/supervisor/log_cursor.h"
#include "tests/unit/temporary_directory.h"

namespace skiff::supervisor {
namespace {

class OutputSpoolTest : public testing::Test {
 protected:
  OutputSpoolTest() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    reader_.Reset(ends[0]);
    writer_.Reset(ends[1]);
  }
  void Write(const std::string& text) { ASSERT_TRUE(common::WriteAll(writer_.get(), text)); }
  OutputSpool Open(uint64_t position) { return std::move(*OutputSpool::Open(directory_.path() + "/spool", position)); }

  const TemporaryDirectory directory_;
  common::UniqueFd reader_, writer_;
};

TEST_F(OutputSpoolTest, PullsWhatIsThere) {
  OutputSpool spool = Open(0);
  EXPECT_EQ(spool.Pull(reader_.get(), false).value(), "");
  Write("one");
  EXPECT_EQ(spool.Pull(reader_.get(), false).value(), "one");
  Write("two");
  EXPECT_EQ(spool.Pull(reader_.get(), false).value(), "two");
  EXPECT_EQ(spool.pending(), "onetwo");
  spool.Consume(4);
  EXPECT_EQ(spool.pending(), "wo");
  EXPECT_EQ(spool.position(), 4u);
}

TEST_F(OutputSpoolTest, ASuccessorGoesOnAtTheCommittedByte) {
  {
    OutputSpool spool = Open(0);
    Write("written not yet");
    ASSERT_TRUE(spool.Pull(reader_.get(), false));
    Write(" and in the pipe");
  }
  OutputSpool spool = Open(8);
  EXPECT_EQ(spool.pending(), "not yet");
  ASSERT_TRUE(spool.Pull(reader_.get(), false));
  EXPECT_EQ(spool.pending(), "not yet and in the pipe");
}

TEST_F(OutputSpoolTest, GivesBackWhatIsConsumed) {
  OutputSpool spool = Open(0);
  const std::string block(32 * 1024, 'x');
  for (int i = 0; i < 64; ++i) {
    Write(block);
    ASSERT_EQ(spool.Pull(reader_.get(), false).value().size(), block.size());
    spool.Consume(block.size());
  }
  Write("end");
  EXPECT_EQ(spool.Pull(reader_.get(), false).value(), "end");
  EXPECT_EQ(spool.position(), 2u << 20);
}

TEST(LogCursor, KeepsTheLastCommit) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/cursor";
  {
    auto cursor = LogCursor::Open(path);
    ASSERT_TRUE(cursor);
    EXPECT_EQ(cursor->Get().log_size, 0u);
    for (uint64_t i = 1; i <= 5; ++i) cursor->Commit({{i, 10 * i}, 100 * i});
  }
  const auto cursor = LogCursor::Open(path);
  ASSERT_TRUE(cursor);
  EXPECT_EQ(cursor->Get().spool[0], 5u);
  EXPECT_EQ(cursor->Get().spool[1], 50u);
  EXPECT_EQ(cursor->Get().log_size, 500u);
}

}  // namespace
}  // namespace skiff::supervisor
