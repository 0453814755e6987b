// A folder for the length of a test.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

#include "common/file.h"

namespace skiff::network {

class TempFolder {
 public:
  TempFolder() { EXPECT_NE(::mkdtemp(path_.data()), nullptr); }
  ~TempFolder() { EXPECT_TRUE(common::RemoveTree(path_)); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }
  // Creates the folders above, too.
  void Write(const std::string& name, const std::string& text) const {
    const std::string file = path_ + "/" + name;
    EXPECT_TRUE(common::MakeDirectories(file.substr(0, file.find_last_of('/'))));
    EXPECT_TRUE(common::WriteFile(file, text));
  }

 private:
  std::string path_ = ::testing::TempDir() + "skiff-network-XXXXXX";
};

}  // namespace skiff::network
