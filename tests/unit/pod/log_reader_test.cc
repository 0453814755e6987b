#include "pod/log/log_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.h"

namespace skiff::pod {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Line(int second, const std::string& text, const std::string& tag = "F", const std::string& stream = "stdout") {
  return fmt::format("2026-01-02T03:04:{:02}.000000000Z {} {} {}\n", second, stream, tag, text);
}

class LogReaderTest : public ::testing::Test {
 protected:
  LogReaderTest() {
    char pattern[] = "/tmp/skiff-logs-XXXXXX";
    directory_ = ::mkdtemp(pattern);
  }
  ~LogReaderTest() override { (void)common::RemoveTree(directory_); }

  void Append(const std::string& name, const std::string& text) {
    const auto fd = common::Open(directory_ + "/" + name, O_WRONLY | O_CREAT | O_APPEND);
    ASSERT_TRUE(common::WriteAll(fd->get(), text));
  }
  CriLines::Sink Sink() {
    return [this](const std::string&, const std::string& stream, std::string_view text, bool ended) {
      seen_.push_back((stream == "stderr" ? "!" : "") + std::string(text));
      last_ended_ = ended;
    };
  }
  LogReader Reader(std::optional<int> run = {}, const std::string& since = "") {
    return LogReader(directory_, run, Sink(), since);
  }

  // The last lines, as a command that does not follow sees them.
  std::vector<std::string> Tail(size_t count) {
    seen_.clear();
    LogReader reader = Reader();
    EXPECT_TRUE(reader.SkipToTail(count));
    EXPECT_TRUE(reader.Drain());
    reader.Finish();
    return seen_;
  }

  std::string directory_;
  std::vector<std::string> seen_;
  bool last_ended_ = false;
};

TEST_F(LogReaderTest, RunsAndRotatedPartsInOrder) {
  Append("0.log", Line(3, "c"));
  Append("0.log.20260102-030402.000000000", Line(2, "b"));
  Append("0.log.20260102-030401.000000000", Line(1, "a", "F", "stderr"));
  Append("10.log", Line(5, "e"));
  Append("2.log", Line(4, "d"));
  LogReader reader = Reader();
  ASSERT_TRUE(reader.Drain());
  EXPECT_THAT(seen_, ElementsAre("!a", "b", "c", "d", "e"));
  EXPECT_EQ(*NewestRun(directory_), 10);
}

TEST_F(LogReaderTest, OneRunOnly) {
  Append("0.log", Line(1, "first"));
  Append("1.log", Line(2, "second"));
  LogReader reader = Reader(0);
  ASSERT_TRUE(reader.Drain());
  EXPECT_THAT(seen_, ElementsAre("first"));
}

TEST_F(LogReaderTest, PartsAreOneLineAndAnUnfinishedOneComesAtTheEnd) {
  Append("0.log", Line(1, "be", "P") + Line(1, "err", "F", "stderr") + Line(1, "gin", "F") + Line(2, "no newline", "P"));
  LogReader reader = Reader();
  ASSERT_TRUE(reader.Drain());
  EXPECT_THAT(seen_, ElementsAre("!err", "begin"));
  EXPECT_TRUE(last_ended_);
  reader.Finish();
  EXPECT_THAT(seen_, ElementsAre("!err", "begin", "no newline"));
  EXPECT_FALSE(last_ended_);
}

TEST_F(LogReaderTest, FollowsGrowthRotationAndRestart) {
  LogReader reader = Reader();
  ASSERT_TRUE(reader.Drain());
  EXPECT_THAT(seen_, IsEmpty());
  Append("0.log", Line(1, "a") + "2026-01-02T03:04:02.000000000Z std");
  ASSERT_TRUE(reader.Drain());
  EXPECT_THAT(seen_, ElementsAre("a"));
  Append("0.log", "out F b\n");
  // Written, rotated and written again between two looks.
  ASSERT_EQ(::rename((directory_ + "/0.log").c_str(), (directory_ + "/0.log.20260102-030402.000000000").c_str()), 0);
  Append("0.log", Line(3, "c"));
  Append("1.log", Line(4, "d"));
  ASSERT_TRUE(reader.Drain());
  EXPECT_THAT(seen_, ElementsAre("a", "b", "c", "d"));
  ASSERT_TRUE(reader.Drain());
  EXPECT_EQ(seen_.size(), 4u);
}

TEST_F(LogReaderTest, TailReachesOverFiles) {
  Append("0.log", Line(1, "a") + Line(2, "b"));
  Append("1.log", Line(3, "c1", "P") + Line(3, "c2") + Line(4, "d"));
  const std::pair<size_t, std::vector<std::string>> expected[] = {
      {0, {}}, {1, {"d"}}, {2, {"c1c2", "d"}}, {3, {"b", "c1c2", "d"}}, {9, {"a", "b", "c1c2", "d"}}};
  for (const auto& [count, lines] : expected) EXPECT_EQ(Tail(count), lines) << count;
}

TEST_F(LogReaderTest, TailCountsALineWithoutItsEnd) {
  Append("0.log.20260102-030401.000000000", Line(1, "a") + Line(1, "b1", "P"));
  Append("0.log", Line(2, "b2") + Line(3, "c1", "P") + Line(3, "c2", "P"));
  const std::pair<size_t, std::vector<std::string>> expected[] = {{1, {"c1c2"}}, {9, {"a", "b1b2", "c1c2"}}};
  for (const auto& [count, lines] : expected) EXPECT_EQ(Tail(count), lines) << count;
}

// Lines of the two streams that lie in each other, two of them without an end.
TEST_F(LogReaderTest, TailCountsLinesOfBothStreams) {
  Append("0.log", Line(1, "a") + Line(2, "b1", "P") + Line(3, "x", "F", "stderr") + Line(4, "b2") + Line(5, "c", "P") +
                      Line(6, "y", "F", "stderr") + Line(7, "z", "P", "stderr"));
  const std::pair<size_t, std::vector<std::string>> expected[] = {{0, {}},
                                                                  {1, {"c"}},
                                                                  {2, {"!z", "c"}},
                                                                  {3, {"!y", "!z", "c"}},
                                                                  {4, {"b1b2", "!y", "!z", "c"}},
                                                                  {5, {"!x", "b1b2", "!y", "!z", "c"}},
                                                                  {9, {"a", "!x", "b1b2", "!y", "!z", "c"}}};
  for (const auto& [count, lines] : expected) EXPECT_EQ(Tail(count), lines) << count;
}

TEST_F(LogReaderTest, TailFindsTheBeginningOfALineInAnOlderFile) {
  Append("0.log.20260102-030401.000000000", Line(1, "a") + Line(1, "b1", "P") + Line(1, "x", "F", "stderr"));
  Append("0.log", Line(2, "b2") + Line(3, "c"));
  const std::pair<size_t, std::vector<std::string>> expected[] = {{1, {"c"}}, {2, {"b1b2", "c"}}, {3, {"!x", "b1b2", "c"}}};
  for (const auto& [count, lines] : expected) EXPECT_EQ(Tail(count), lines) << count;
}

TEST_F(LogReaderTest, SinceAndBrokenLines) {
  Append("0.log", Line(1, "old") + "garbage\n\n2026-01-02T03:04:05Z stdout X z\n" + Line(2, "") + Line(3, "new"));
  LogReader reader = Reader({}, "2026-01-02T03:04:02.000000000Z");
  ASSERT_TRUE(reader.Drain());
  EXPECT_THAT(seen_, ElementsAre("", "new"));
}

TEST_F(LogReaderTest, NoFolderIsAnEmptyLog) {
  LogReader reader(directory_ + "/none", {}, Sink(), "");
  EXPECT_TRUE(reader.Drain());
  EXPECT_FALSE(NewestRun(directory_ + "/none")->has_value());
}

}  // namespace
}  // namespace skiff::pod
