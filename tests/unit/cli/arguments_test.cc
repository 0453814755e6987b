#include "cli/arguments.h"

#include <gmock/gmock.h>

namespace skiff::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Parsed {
  Arguments arguments;
  bool all = false;
  std::optional<bool> start;
  std::string name;
  std::optional<std::string> entrypoint;
  std::optional<int64_t> time;
  std::vector<std::string> volumes, capabilities, operands;

  Parsed() {
    arguments.Switch("-a,--all", all, "");
    arguments.Switch("--start", start, "");
    arguments.Value("-n,--name", name, "string", "");
    arguments.Value("--entrypoint", entrypoint, "string", "");
    arguments.Value("-t,--time", time, "seconds", "");
    arguments.List("-v,--volume", volumes, "volume", "");
    arguments.List("--cap-add", capabilities, "name", "", ListStyle::kCommaSeparated);
    arguments.Refused("--wait", false, "not yet");
    arguments.Operands(operands, 0, 3);
  }
  std::string Error(std::vector<std::string> words) {
    const auto result = arguments.Parse(std::move(words));
    return result ? "" : result.error().message();
  }
};

TEST(Arguments, ShortFlagsJoinAndTakeValuesInEveryForm) {
  Parsed p;
  ASSERT_EQ(p.Error({"-an", "web", "-v/a:/b", "--volume=c:/d", "-t", "-1", "x"}), "");
  EXPECT_TRUE(p.all);
  EXPECT_EQ(p.name, "web");
  EXPECT_EQ(p.time, -1);
  EXPECT_THAT(p.volumes, ElementsAre("/a:/b", "c:/d"));
  EXPECT_THAT(p.operands, ElementsAre("x"));
}

TEST(Arguments, ShortFlagsTakeValuesBehindAnEqualsSign) {
  Parsed p;
  ASSERT_EQ(p.Error({"-n=web", "-t=5", "x=y"}), "");
  EXPECT_EQ(p.name, "web");
  EXPECT_EQ(p.time, 5);
  EXPECT_THAT(p.operands, ElementsAre("x=y"));
}

TEST(Arguments, ValuesThatMayBeLeftOut) {
  const auto wait_of = [](std::vector<std::string> words) {
    Arguments arguments;
    std::string wait;
    std::vector<std::string> operands;
    arguments.OptionalValue("--wait", wait, "what", "true", "");
    arguments.Operands(operands, 0);
    EXPECT_TRUE(arguments.Parse(std::move(words)).has_value());
    return wait + "|" + (operands.empty() ? "" : operands.front());
  };
  EXPECT_EQ(wait_of({"app.yaml"}), "|app.yaml");
  EXPECT_EQ(wait_of({"--wait", "app.yaml"}), "true|app.yaml");
  EXPECT_EQ(wait_of({"--wait=ready", "app.yaml"}), "ready|app.yaml");
  EXPECT_EQ(wait_of({"--", "--wait"}), "|--wait");
}

TEST(Arguments, SwitchesCanBeTurnedOff) {
  Parsed p;
  ASSERT_EQ(p.Error({"--start=false", "--all=true"}), "");
  EXPECT_EQ(p.start, false);
  EXPECT_TRUE(p.all);
  Parsed none;
  ASSERT_EQ(none.Error({}), "");
  EXPECT_EQ(none.start, std::nullopt);
  Parsed on;
  ASSERT_EQ(on.Error({"--start"}), "");
  EXPECT_EQ(on.start, true);
}

TEST(Arguments, SwitchesTakeBooleansOnly) {
  for (const std::string flag : {"--start", "--all"}) {
    for (const std::string text : {"maybe", "2x", "yes"})
      EXPECT_EQ(Parsed().Error({flag + "=" + text}), flag + ": must be true or false, not \"" + text + "\"");
  }
  Parsed p;
  ASSERT_EQ(p.Error({"--start=F", "--all=1", "--all=False"}), "");
  EXPECT_EQ(p.start, false);
  EXPECT_FALSE(p.all);
}

TEST(Arguments, EmptyValuesAreValues) {
  Parsed p;
  ASSERT_EQ(p.Error({"--entrypoint=", "image"}), "");
  EXPECT_EQ(p.entrypoint, "");
  EXPECT_THAT(p.operands, ElementsAre("image"));
  Parsed separate;
  ASSERT_EQ(separate.Error({"--entrypoint", "", "image"}), "");
  EXPECT_EQ(separate.entrypoint, "");
}

TEST(Arguments, CommaListsAndWholeLists) {
  Parsed p;
  ASSERT_EQ(p.Error({"--cap-add", "A,B", "--cap-add=C", "-v", "a,b"}), "");
  EXPECT_THAT(p.capabilities, ElementsAre("A", "B", "C"));
  EXPECT_THAT(p.volumes, ElementsAre("a,b"));
}

TEST(Arguments, AListTakesOneValueAtATime) {
  Parsed p;
  ASSERT_EQ(p.Error({"-v", "a", "operand"}), "");
  EXPECT_THAT(p.volumes, ElementsAre("a"));
  EXPECT_THAT(p.operands, ElementsAre("operand"));
}

TEST(Arguments, FlagsMayFollowOperandsUnlessTheyEndThere) {
  Parsed p;
  ASSERT_EQ(p.Error({"x", "-a"}), "");
  EXPECT_TRUE(p.all);
  Parsed run;
  run.arguments.Operands(run.operands, 1);
  run.arguments.EndFlagsAtFirstOperand();
  ASSERT_EQ(run.Error({"-a", "image", "ls", "-a", "--unknown", "--", "-x"}), "");
  EXPECT_THAT(run.operands, ElementsAre("image", "ls", "-a", "--unknown", "--", "-x"));
}

TEST(Arguments, WordsBehindTwoDashesAreOperands) {
  Parsed p;
  ASSERT_EQ(p.Error({"x", "--", "-a"}), "");
  EXPECT_FALSE(p.all);
  EXPECT_THAT(p.operands, ElementsAre("x", "-a"));
}

TEST(Arguments, UnknownFlagsSuggest) {
  EXPECT_EQ(Parsed().Error({"--volum", "x"}), "unknown flag: --volum; did you mean \"--volume\"?");
  EXPECT_EQ(Parsed().Error({"--zzzzzzzzz"}), "unknown flag: --zzzzzzzzz");
  EXPECT_EQ(Parsed().Error({"-Z"}), "unknown flag: -Z");
}

TEST(Arguments, CountsOperandsAndRefuses) {
  Parsed p;
  p.arguments.Operands(p.operands, 2, 3);
  EXPECT_EQ(p.Error({"x"}), "requires at least 2 arg(s), only received 1");
  EXPECT_EQ(Parsed().Error({"1", "2", "3", "4"}), "accepts at most 3 arg(s), received 4");
  EXPECT_EQ(Parsed().Error({"--wait"}), "--wait: not yet");
  EXPECT_THAT(Parsed().Error({"--time", "soon"}), HasSubstr("--time"));
  EXPECT_THAT(Parsed().Error({"--name"}), HasSubstr("--name"));
}

TEST(Arguments, HelpIsNoError) {
  Parsed p;
  const auto result = p.arguments.Parse({"--help"});
  ASSERT_TRUE(result);
  EXPECT_FALSE(*result);
}

}  // namespace
}  // namespace skiff::cli
