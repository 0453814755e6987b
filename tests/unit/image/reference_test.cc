#include "image/reference.h"

#include <gtest/gtest.h>

namespace skiff::image {
namespace {

std::string Full(std::string_view text) {
  const auto reference = Reference::Parse(text);
  return reference ? reference->ToString() : "error: " + reference.error().message();
}

TEST(Reference, IsSpelledAsTheStoreSpellsIt) {
  EXPECT_EQ(Full("docker.io/busybox"), "docker.io/library/busybox:latest");
  EXPECT_EQ(Full("index.docker.io/a/b:1"), "docker.io/a/b:1");
  EXPECT_EQ(Full("localhost/x"), "localhost/x:latest");
  EXPECT_EQ(Full("localhost:5000/x/y:Tag_1"), "localhost:5000/x/y:Tag_1");
  EXPECT_EQ(Full("[::1]:5000/x"), "[::1]:5000/x:latest");
  const std::string digest = "@sha256:" + std::string(64, 'a');
  EXPECT_EQ(Full("quay.io/a/b:t" + digest), "quay.io/a/b:t" + digest);
  EXPECT_EQ(Full("quay.io/a/b" + digest), "quay.io/a/b" + digest);
}

TEST(Reference, ShortNamesHaveNoDomain) {
  for (const char* text : {"busybox", "a/b", "a/b/c:1", "busybox:1.36"}) {
    const auto reference = Reference::Parse(text);
    ASSERT_TRUE(reference) << text;
    EXPECT_TRUE(reference->IsShort()) << text;
  }
  EXPECT_FALSE(Reference::Parse("host.example/x")->IsShort());
  EXPECT_FALSE(Reference::Parse("host:1/x")->IsShort());
}

TEST(Reference, RefusesWhatBreaksTheGrammar) {
  for (const char* text : {"", ":tag", "Busybox", "a//b", "/a", "a/", "a:", "a:b:c", "a b", "-a", "a-", "a..b", "a___b",
                           "x@sha256:123", "x@md5:" "0123456789abcdef0123456789abcdef", "host:port/x", "a:.tag", "../x",
                           "a/../b"})
    EXPECT_FALSE(Reference::Parse(text)) << text;
  EXPECT_EQ(Full("Name"), "error: \"Name\" is not an image reference: the name must be lower case");
  EXPECT_FALSE(Reference::Parse(std::string(256, 'a')));
  EXPECT_FALSE(Reference::Parse("a:" + std::string(129, 'a')));
}

TEST(Reference, NewNamesBelongToLocalhostUnlessTheyNameARegistry) {
  EXPECT_EQ(*NormalizeNewName("v1.0"), "localhost/v1.0:latest");
  EXPECT_EQ(*NormalizeNewName("foo/bar:2"), "localhost/foo/bar:2");
  EXPECT_EQ(*NormalizeNewName("quay.io/a/b:c"), "quay.io/a/b:c");
  EXPECT_EQ(*NormalizeNewName("docker.io/x"), "docker.io/library/x:latest");
  EXPECT_FALSE(NormalizeNewName("x@sha256:" + std::string(64, 'a')));
}

TEST(Reference, FullIds) {
  const std::string id(64, '0');
  EXPECT_EQ(FullIdIn(id), id);
  EXPECT_EQ(FullIdIn("sha256:" + id), id);
  EXPECT_EQ(FullIdIn("sha256:abc"), "");
  EXPECT_EQ(FullIdIn(std::string(64, 'A')), "");
}

}  // namespace
}  // namespace skiff::image
