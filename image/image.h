// What an image is, as plain data.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace skiff::image {

// HEALTHCHECK of a Dockerfile; times of 0 and no retries mean Docker's defaults.
struct HealthConfig {
  std::vector<std::string> test;  // ["CMD", ...], ["CMD-SHELL", "line"], ["NONE"]; empty: none
  int64_t interval_ns = 0;
  int64_t timeout_ns = 0;
  int64_t start_period_ns = 0;
  int64_t retries = 0;
};

// The part of an image's configuration that running it needs (OCI image-spec config.md).
struct ImageConfig {
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::string> env;  // "K=V"
  std::string user;
  std::string working_dir;
  std::vector<std::string> volumes;
  std::vector<std::string> exposed_ports;  // "80/tcp"
  std::map<std::string, std::string> labels;
  std::string stop_signal;
  HealthConfig health;
};

struct Image {
  std::string id;       // 64 hex digits
  std::string digest;   // of the manifest, "sha256:..."
  std::vector<std::string> names;  // fully qualified, with tag
  std::vector<std::string> names_history;  // names it has had, the latest first
  std::string top_layer;
  std::string created;  // RFC 3339
  int64_t size = 0;     // bytes, uncompressed
  std::string architecture;
  std::string os;
  ImageConfig config;
};

}  // namespace skiff::image
