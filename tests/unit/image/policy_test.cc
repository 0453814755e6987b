#include "image/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/policy_rules.h"

namespace skiff::image {
namespace {

using common::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;

Policy Parsed(const std::string& text) {
  auto policy = Policy::Parse(text, "policy.json");
  EXPECT_TRUE(policy) << policy.error().message();
  return std::move(*policy);
}

std::string ErrorOf(const std::string& text) {
  const auto policy = Policy::Parse(text, "policy.json");
  return policy ? "" : policy.error().message();
}

bool Allows(const Policy& policy, const std::string& name) {
  const auto checked = policy.Check(RegistryOrigin(*Reference::Parse(name)), {"sha256:0"}, {});
  if (!checked) EXPECT_EQ(checked.error().code(), ErrorCode::kPermission);
  return checked.has_value();
}

TEST(Policy, ScopesOfAnImageInARegistry) {
  EXPECT_THAT(RegistryOrigin(*Reference::Parse("quay.example.com/a/b:1")).scopes,
              ElementsAre("quay.example.com/a/b:1", "quay.example.com/a/b", "quay.example.com/a", "quay.example.com", "*.example.com", "*.com"));
  EXPECT_THAT(RegistryOrigin(*Reference::Parse("localhost:5000/x")).scopes,
              ElementsAre("localhost:5000/x:latest", "localhost:5000/x", "localhost:5000"));
}

TEST(Policy, TheMostSpecificScopeDecides) {
  const Policy policy = Parsed(R"({"default":[{"type":"reject"}],"transports":{"docker":{
      "example.com":[{"type":"insecureAcceptAnything"}],
      "example.com/bad":[{"type":"reject"}],
      "example.com/bad/good:1":[{"type":"insecureAcceptAnything"}],
      "*.wild.org":[{"type":"insecureAcceptAnything"}]}}})");
  EXPECT_TRUE(Allows(policy, "example.com/x"));
  EXPECT_FALSE(Allows(policy, "example.com/bad/x"));
  EXPECT_TRUE(Allows(policy, "example.com/bad/good:1"));
  EXPECT_FALSE(Allows(policy, "example.com/bad/good:2"));
  EXPECT_TRUE(Allows(policy, "example.com/badly/x")) << "a scope ends where a part of the name ends";
  EXPECT_TRUE(Allows(policy, "a.b.wild.org/x"));
  EXPECT_FALSE(Allows(policy, "wild.org/x"));
  EXPECT_FALSE(Allows(policy, "docker.io/library/busybox"));
}

TEST(Policy, ATransportHasItsOwnDefault) {
  const Policy policy = Parsed(R"({"default":[{"type":"insecureAcceptAnything"}],"transports":{
      "docker":{"":[{"type":"reject"}]}, "oci":{"/":[{"type":"reject"}], "/tmp":[{"type":"insecureAcceptAnything"}]},
      "docker-archive":{"":[{"type":"reject"}]}}})");
  EXPECT_FALSE(Allows(policy, "example.com/x"));
  EXPECT_TRUE(policy.Check(FileOrigin("oci", "/tmp/nosuch"), {}, {}));
  EXPECT_TRUE(policy.Check(FileOrigin("dir", "/usr"), {}, {}));
  EXPECT_FALSE(policy.Check(FileOrigin("docker-archive", "/tmp/nosuch"), {}, {}));
}

TEST(Policy, WhatIsNotSupportedIsRefusedWhereItCounts) {
  const Policy policy = Parsed(R"({"default":[{"type":"insecureAcceptAnything"}],"transports":{"docker":{
      "example.com/signed":[{"type":"sigstoreSigned","keyPath":"/k"}],
      "example.com/x509":[{"type":"signedBy","keyType":"X509Certificates","keyPath":"/k"}]}}})");
  EXPECT_TRUE(Allows(policy, "example.com/x"));
  EXPECT_FALSE(Allows(policy, "example.com/signed/x"));
  EXPECT_FALSE(Allows(policy, "example.com/x509"));
  const auto refused = policy.Check(RegistryOrigin(*Reference::Parse("example.com/signed")), {}, {});
  EXPECT_THAT(refused.error().message(), HasSubstr("sigstoreSigned"));
}

TEST(Policy, BrokenPoliciesAreErrors) {
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {"", "policy.json"},
           {"{}", "no \"default\""},
           {R"({"default":[]})", "not a list with requirements"},
           {R"({"default":[{"type":"reject","more":1}]})", "unknown member \"more\""},
           {R"({"default":[{"type":"reject"}],"transport":{}})", "unknown member \"transport\""},
           {R"({"default":[{"type":"reject"}],"transports":{"docker":[]}})", "transports.docker"},
           {R"({"default":[{"type":"signedBy","keyType":"GPGKeys"}]})", "exactly one of"},
           {R"({"default":[{"type":"signedBy","keyType":"GPGKeys","keyPath":"/nosuch/key"}]})", "/nosuch/key"},
           {R"({"default":[{"type":"signedBy","keyType":"GPGKeys","keyData":"!!"}]})", "not base64"},
           {R"({"default":[{"type":"signedBy","keyType":"GPGKeys","keyData":"AAAA","signedIdentity":{"type":"x"}}]})", "unknown type"},
           {R"({"default":[{"type":"signedBy","keyType":"GPGKeys","keyData":"AAAA","signedIdentity":{"type":"exactReference"}}]})", "dockerReference"}})
    EXPECT_THAT(ErrorOf(text), HasSubstr(part)) << text;
}

TEST(Policy, ASignatureIsDemanded) {
  const Policy policy = Parsed(R"({"default":[{"type":"signedBy","keyType":"GPGKeys","keyData":"AAAA"}]})");
  EXPECT_TRUE(policy.HasSignatureRules());
  EXPECT_TRUE(policy.NeedsSignatures(FileOrigin("dir", "/x")));
  EXPECT_FALSE(Allows(policy, "example.com/x"));
  EXPECT_FALSE(policy.Check(FileOrigin("dir", "/x"), {"sha256:0"}, {"this is no signature"}));
}

TEST(Policy, WhichNamesASignatureCoversFor) {
  using Kind = SignedIdentity::Kind;
  const auto matches = [](Kind kind, const std::string& wanted, const std::string& name, const std::string& value = "") {
    SignedIdentity identity;
    identity.kind = kind;
    identity.value = value;
    return IdentityMatches(identity, wanted, name);
  };
  const std::string digest = "@sha256:" + std::string(64, 'a');
  EXPECT_TRUE(matches(Kind::kMatchExact, "h.io/a:1", "h.io/a:1"));
  EXPECT_FALSE(matches(Kind::kMatchExact, "h.io/a:1", "h.io/a:2"));
  EXPECT_FALSE(matches(Kind::kMatchExact, "", "h.io/a:2"));
  EXPECT_TRUE(matches(Kind::kMatchRepoDigestOrExact, "h.io/a" + digest, "h.io/a:2"));
  EXPECT_FALSE(matches(Kind::kMatchRepoDigestOrExact, "h.io/a" + digest, "h.io/b:2"));
  EXPECT_FALSE(matches(Kind::kMatchRepoDigestOrExact, "h.io/a:1", "h.io/a:2"));
  EXPECT_TRUE(matches(Kind::kMatchRepository, "h.io/a:1", "h.io/a:2"));
  EXPECT_FALSE(matches(Kind::kMatchRepository, "h.io/a:1", "h.io/a/b:1"));
  EXPECT_TRUE(matches(Kind::kExactReference, "", "h.io/a:2", "h.io/a:2"));
  EXPECT_FALSE(matches(Kind::kExactReference, "h.io/b:1", "h.io/b:1", "h.io/a:2"));
  EXPECT_TRUE(matches(Kind::kExactRepository, "h.io/b:1", "h.io/a:9", "h.io/a"));
  EXPECT_FALSE(matches(Kind::kExactRepository, "h.io/b:1", "not a name!", "h.io/a"));
  SignedIdentity remap{Kind::kRemapIdentity, "", "mirror.io/x", "h.io"};
  EXPECT_TRUE(IdentityMatches(remap, "mirror.io/x/a:1", "h.io/a:1"));
  EXPECT_FALSE(IdentityMatches(remap, "mirror.io/xy/a:1", "h.io/a:1"));
}

}  // namespace
}  // namespace skiff::image
