// `kube down`: removes what `kube play` of the same manifest made. What is already gone is no error.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "kube/model/types/object.h"
#include "kube/play/backend.h"

namespace skiff::kube {

struct DownOptions {
  bool force = false;     // also remove the named volumes of claims
  unsigned workers = 0;   // pods stopped at once; 0: up to 64, as stopping is mostly waiting
  ObjectReader read_object;  // for the Services that stay
};

struct DownReport {
  std::vector<std::string> pods_stopped;     // ids
  std::vector<std::string> pods_removed;     // ids
  std::vector<std::string> secrets_removed;  // uids
  std::vector<std::string> volumes_removed;  // names
  std::vector<common::Error> errors;         // not empty: exit code 125; the rest was done all the same
};

DownReport Down(const std::vector<Object>& objects, const DownOptions& options, const BackendFactory& open_backend);

}  // namespace skiff::kube
