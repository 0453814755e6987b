// Any Kubernetes object that skiff runs, with the place it came from.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "common/error.h"
#include "kube/model/types/claim.h"
#include "kube/model/types/config.h"
#include "kube/model/types/deployment.h"
#include "kube/model/types/pod.h"
#include "kube/model/types/service.h"

namespace skiff::kube {

struct Object {
  std::variant<Pod, Deployment, ConfigMap, Secret, PersistentVolumeClaim, Service, Endpoints, EndpointSlice> body;
  // Where the object starts; file is "-" for standard input and empty for objects made by the program.
  common::SourcePosition position;
  // What was read, with the place of every value; null for objects made by the program.
  std::shared_ptr<const Value> source;
  // All of the file, for messages that show the line at fault; null for objects made by the program.
  std::shared_ptr<const std::string> text;

  std::string_view kind() const;
  std::string_view api_version() const;
  ObjectMeta& metadata();
  const ObjectMeta& metadata() const;

  // Null when the object is of another kind.
  template <typename T>
  T* As() {
    return std::get_if<T>(&body);
  }
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&body);
  }

  // The place of a field by its path ("spec.containers[0].env[1].valueFrom"), or of its nearest ancestor in
  // the file.
  common::SourcePosition PositionOf(std::string_view path) const;
};

}  // namespace skiff::kube
