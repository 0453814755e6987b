#include "manifests/writer.h"

#include <gtest/gtest.h>

#include "common/file.h"
#include "manifests/loader.h"
#include "manifests/scalar.h"
#include "manifests/yaml_reader.h"

namespace skiff::manifests {
namespace {

using kube::Value;

TEST(Scalar, KnowsTheTypesOfYaml11) {
  EXPECT_EQ(ResolvePlainScalar("yes"), Value::Bool(true));
  EXPECT_EQ(ResolvePlainScalar("Off"), Value::Bool(false));
  EXPECT_EQ(ResolvePlainScalar("0644"), Value::Int(420));
  EXPECT_EQ(ResolvePlainScalar("0o644"), Value::Int(420));
  EXPECT_EQ(ResolvePlainScalar("0x1F"), Value::Int(31));
  EXPECT_EQ(ResolvePlainScalar("0b101"), Value::Int(5));
  EXPECT_EQ(ResolvePlainScalar("1_000"), Value::Int(1000));
  EXPECT_EQ(ResolvePlainScalar("-9223372036854775808"), Value::Int(INT64_MIN));
  EXPECT_EQ(ResolvePlainScalar("9223372036854775808"), Value::Float("9223372036854775808"));
  EXPECT_EQ(ResolvePlainScalar("089"), Value::Float("089"));
  EXPECT_EQ(ResolvePlainScalar("1e3"), Value::Float("1e3"));
  EXPECT_EQ(ResolvePlainScalar("~"), Value());
  for (const char* text : {"1.2.3", "1:30", "-", "+", ".", "0x", "12abc", "yEs", "2024-01-01", "-x", "1e"}) {
    EXPECT_EQ(ResolvePlainScalar(text), Value::String(text)) << text;
  }
}

// Whatever a string holds, it comes back as the same string.
TEST(Writer, QuotesExactlyWhatNeedsIt) {
  for (const char* text : {"plain", "with space", "a:b", "a#b", "http://x:80/", "-f", "--flag", "$(VAR)", "/dev/null", "100m",
                           "it's", "a, b", "x[0]", "10.9.8.7"}) {
    EXPECT_EQ(WriteYaml(Value::String(text)), std::string(text) + "\n") << text;
  }
  for (const char* text : {"", "80", "0x1f", "1.5", "true", "yes", "y", "null", "~", " x", "x ", "- x", "a: b", "a #b", "#a",
                           "*a", "&a", "!a", "{a", "[a", "|", ">", "%a", "@a", "`a", "'a", "\"a", "a:", "<<", "=", "---",
                           "2024-01-02", "tab\there", "\x1b[0m", "1e3", "?", ":", "? a"}) {
    const YamlText read = ReadYaml("v: " + WriteYaml(Value::String(text)));
    ASSERT_EQ(read.documents.size(), 1u) << text;
    EXPECT_EQ(*read.documents[0].Find("v"), Value::String(text)) << text;
    EXPECT_EQ(WriteYaml(Value::String(text))[0], '"') << text;
  }
}

TEST(Writer, KeepsSeveralLines) {
  for (const char* text : {"a\nb\n", "a\nb", "a\n\n", "a\n  b\n\nc\n", "\na\n", " a\nb\n", "a \nb\n", "\n", "a\tb\nc\n", "a\r\nb\n",
                           "# not a comment\n---\nx\n"}) {
    Value map = Value::Map();
    map.Set("text", Value::String(text));
    map.Set("after", Value::Int(1));
    const YamlText read = ReadYaml(WriteYaml(map));
    ASSERT_EQ(read.documents.size(), 1u) << text;
    EXPECT_EQ(read.documents[0], map) << WriteYaml(map);
  }
}

TEST(Writer, LaysOutAsKubectlDoes) {
  const std::string text =
      "a:\n"
      "  list:\n"
      "  - x: 1\n"
      "    z:\n"
      "    - - 1\n"
      "      - 2\n"
      "    - z\n"
      "  - {}\n"
      "  - []\n"
      "  block: |-\n"
      "    one\n"
      "    two\n"
      "  empty: {}\n"
      "  \"on\": \"80\"\n";
  const YamlText read = ReadYaml(text);
  ASSERT_EQ(read.documents.size(), 1u);
  EXPECT_EQ(WriteYaml(read.documents[0]), text);
}

// What is loaded, written and loaded again is the same, with and without the defaults.
TEST(Writer, RoundTripsTheSamples) {
  const std::string folder = std::string(SKIFF_SOURCE_DIR) + "/manifests/samples";
  const auto names = common::ListDirectory(folder);
  ASSERT_TRUE(names);
  ASSERT_GE(names->size(), 8u);
  for (const std::string& name : *names) {
    const auto loaded = Load({folder + "/" + name});
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(loaded->diagnostics.empty()) << kube::RenderDiagnostics(loaded->diagnostics);
    ASSERT_FALSE(loaded->objects.empty());
    for (const bool omit : {false, true}) {
      const std::string text = WriteYaml(loaded->objects, {.omit_defaults = omit});
      const Loaded again = LoadText(text, name);
      EXPECT_TRUE(again.diagnostics.empty()) << kube::RenderDiagnostics(again.diagnostics) << text;
      EXPECT_EQ(WriteYaml(again.objects), WriteYaml(loaded->objects)) << name;
    }
  }
}

}  // namespace
}  // namespace skiff::manifests
