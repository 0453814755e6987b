#pragma once

#include <cstdlib>
#include <string>

#include "common/file.h"

namespace skiff {

class TemporaryDirectory {
 public:
  TemporaryDirectory() { (void)::mkdtemp(path_.data()); }
  ~TemporaryDirectory() { (void)common::RemoveTree(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/skiff-test-XXXXXX";
};

}  // namespace skiff
