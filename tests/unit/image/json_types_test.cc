#include "image/transfer/json_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skiff::image {
namespace {

std::string Config(const std::string& json) {
  const auto checked = CheckConfigTypes(*common::ParseJson(json, "config"));
  return checked ? "" : checked.error().message();
}

std::string Manifest(const std::string& json) {
  const auto checked = CheckManifestTypes(*common::ParseJson(json, "manifest"));
  return checked ? "" : checked.error().message();
}

TEST(JsonTypes, WhatBuildersWriteIsGood) {
  EXPECT_EQ(Config(R"({"architecture":"amd64","os":"linux","os.features":["a"],"created":"2024-02-29T23:59:59.123456789Z","x":[1],
      "config":{"Env":["A=b"],"Cmd":null,"Entrypoint":["/a"],"Labels":{"a":"b"},"ExposedPorts":{"80/tcp":{},"81/tcp":null},"Volumes":{},
        "StopTimeout":3,"Tty":false,"Healthcheck":{"Test":["NONE"],"Interval":30000000000,"Retries":3},"Memory":"ignored"},
      "container_config":{"Cmd":[]},"rootfs":{"type":"layers","diff_ids":[]},
      "history":[{"created":"2024-01-01T00:00:00+01:00","created_by":"x","empty_layer":true},null]})"),
            "");
  EXPECT_EQ(Manifest(R"({"schemaVersion":2,"mediaType":"m","config":{"mediaType":"c","digest":"d","size":9223372036854775807},
      "layers":[{"size":1,"urls":["u"],"annotations":{"a":"b"},"data":"eA=="}],"annotations":null,
      "manifests":[{"platform":{"os":"linux","os.features":[]}}],"unknown":{}})"),
            "");
}

TEST(JsonTypes, WhatPodmanCannotReadIsRefused) {
  for (const char* wrong : {
           R"({"architecture":[]})", R"({"os":7})", R"({"config":[1]})", R"({"history":{}})", R"({"history":[7]})", R"({"rootfs":[]})",
           R"({"created":"yesterday"})", R"({"created":""})", R"({"created":"2024-13-01T00:00:00Z"})", R"({"created":"2023-02-29T00:00:00Z"})",
           R"({"created":"2024-01-01t00:00:00Z"})", R"({"created":"2024-01-01T00:00:00"})", R"({"created":"2024-01-01T00:00:00Z "})",
           R"({"config":{"Env":{"A":"b"}}})", R"({"config":{"Env":[1]}})", R"({"config":{"Labels":{"a":1}}})",
           R"({"config":{"ExposedPorts":{"80/tcp":7}}})", R"({"config":{"Volumes":["/a"]}})", R"({"config":{"Healthcheck":{"Retries":1.5}}})",
           R"({"config":{"StopTimeout":"3"}})", R"({"rootfs":{"diff_ids":[3]}})", R"({"history":[{"empty_layer":"yes"}]})",
           // As Go folds names, and the second of two.
           R"({"ARCHITECTURE":[]})", "{\"o\xc5\xbf\":7}", R"({"os":"linux","os":7})", "[]",
       })
    EXPECT_NE(Config(wrong), "") << wrong;
  EXPECT_EQ(Config(R"({"config":{"Env":"x"}})"), "the image configuration: config.env has a value of the wrong type");
  for (const char* wrong : {R"({"schemaVersion":"2"})", R"({"config":[7]})", R"({"layers":{"a":{}}})", R"({"layers":[{"size":1e3}]})",
                            R"({"layers":[{"urls":"u"}]})", R"({"annotations":{"a":[]}})", R"({"manifests":[{"platform":7}]})",
                            R"({"config":{"data":"?"}})", R"({"subject":1})"})
    EXPECT_NE(Manifest(wrong), "") << wrong;
}

TEST(JsonTypes, Depth) {
  const auto nested = [](size_t levels) { return "{\"x\":" + std::string(levels, '[') + std::string(levels, ']') + "}"; };
  EXPECT_EQ(Config(nested(900)), "");
  EXPECT_EQ(Config(nested(100000)), "the image configuration is nested too deeply");
}

}  // namespace
}  // namespace skiff::image
