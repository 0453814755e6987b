#include "cli/render/template.h"

#include <gtest/gtest.h>

namespace skiff::cli {
namespace {

constexpr char kData[] = R"({"State": {"Status": "running", "Pid": 7, "Dead": false}, "Id": "abc",
  "Config": {"Labels": {"app": "web", "b": "2"}, "Env": ["A=1", "B=2"]},
  "Networks": {"one": {"IPAddress": "10.0.0.1"}, "two": {"IPAddress": "10.0.0.2"}}, "None": null})";

std::string Show(std::string_view text) {
  const auto data = common::ParseJson(kData, "data");
  const auto parsed = Template::Parse(text);
  if (!parsed) return "error: " + parsed.error().message();
  const auto result = parsed->Execute(*data);
  return result ? *result : "error: " + result.error().message();
}

TEST(Template, Fields) {
  EXPECT_EQ(Show("{{.State.Status}} {{ .State.Pid }}"), "running 7");
  EXPECT_EQ(Show("{{.ID}}"), "abc");  // Go's name of the member "Id"
  EXPECT_EQ(Show("{{.State.Dead}} {{.None}}"), "false <nil>");
  EXPECT_EQ(Show("{{.Config.Labels.app}} {{.Config.Labels.absent}}"), "web <no value>");
  EXPECT_EQ(Show(R"(a\tb\n)"), "a\tb\n");
}

TEST(Template, ValuesAsGoPrintsThem) {
  EXPECT_EQ(Show("{{.Config.Labels}}"), "map[app:web b:2]");
  EXPECT_EQ(Show("{{.Config.Env}}"), "[A=1 B=2]");
}

TEST(Template, Functions) {
  EXPECT_EQ(Show("{{json .Config.Env}}"), R"(["A=1","B=2"])");
  EXPECT_EQ(Show("{{.Config.Env | json}}"), R"(["A=1","B=2"])");
  EXPECT_EQ(Show(R"({{index .Config.Labels "app"}}{{index .Config.Env 1}})"), "webB=2");
  EXPECT_EQ(Show(R"({{join .Config.Env ","}} {{len .Config.Env}})"), "A=1,B=2 2");
  EXPECT_EQ(Show("{{upper .Id}}{{.Id | upper | lower}}"), "ABCabc");
  EXPECT_EQ(Show("{{(index .Networks \"one\").IPAddress}}"), "10.0.0.1");
  EXPECT_EQ(Show("{{println .Id .State.Pid}}"), "abc 7\n");
}

TEST(Template, Control) {
  EXPECT_EQ(Show("{{range .Networks}}{{.IPAddress}} {{end}}"), "10.0.0.1 10.0.0.2 ");
  EXPECT_EQ(Show("{{if .State.Dead}}dead{{else}}alive{{end}}"), "alive");
  EXPECT_EQ(Show("{{if eq .State.Status \"running\"}}up{{end}}"), "up");
  EXPECT_EQ(Show("{{with .State}}{{.Pid}}{{end}}"), "7");
  EXPECT_EQ(Show("{{range .Config.Env}}{{.}},{{$.Id}};{{end}}"), "A=1,abc;B=2,abc;");
  EXPECT_EQ(Show("a {{- .Id -}} b"), "aabcb");
}

TEST(Template, Mistakes) {
  EXPECT_EQ(Show("{{.Nope}}"), "error: template: can't evaluate field Nope");
  EXPECT_EQ(Show("{{.Id"), "error: template: unclosed action");
  EXPECT_EQ(Show("{{frob .Id}}"), "error: template: function \"frob\" not defined for 1 argument(s)");
  EXPECT_EQ(Show("{{if .Id}}x"), "error: template: {{if}} without {{end}}");
  EXPECT_EQ(Show("{{end}}"), "error: template: unexpected {{end}}");
  EXPECT_EQ(Show("{{.Id |}}"), "error: template: missing value in \".Id |\"");
}

}  // namespace
}  // namespace skiff::cli
