// What is wrong with one object, with the place of each field in the manifest.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "kube/model/types/object.h"

namespace skiff::kube {

// Paths are Kubernetes' ("spec.containers[0].image"), relative to the object.
class Problems {
 public:
  explicit Problems(const Object& object) : object_(object) {}

  void Error(std::string_view path, const std::string& message);
  void Warning(std::string_view path, const std::string& message);

  const std::vector<common::Error>& errors() const { return errors_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  std::string Describe(std::string_view path, const std::string& message) const;

  const Object& object_;
  std::vector<common::Error> errors_;
  std::vector<std::string> warnings_;
};

}  // namespace skiff::kube
