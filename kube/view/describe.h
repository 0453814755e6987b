// Objects at length, as kubectl describes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "kube/model/value.h"

namespace skiff::kube {

// `events`: those of the object, oldest first. `slices`: the EndpointSlices of a Service.
std::string DescribeObject(const Value& object, const std::vector<Value>& events, common::WallTime now,
                           const std::vector<Value>& slices = {});

// The parts that several kinds have in common; lines with tabs for AlignTabs.
class Description {
 public:
  void Line(std::string_view text) { text_.append(text).append("\n"); }
  // "Name:\tvalue", one more line with an empty name for each further line of the value.
  void Field(std::string_view name, const std::string& value, int indent = 0);
  // "Labels:", one per line, "<none>".
  void Map(std::string_view name, const Value& map, std::string_view separator = "=", int indent = 0);
  void Metadata(const Value& object);
  void Events(const std::vector<Value>& events, common::WallTime now);
  std::string Take() const;

 private:
  std::string text_;
};

// A pod's containers, as a Pod and a Deployment's template show them. `statuses` null: without their states.
void DescribeContainers(Description& out, std::string_view heading, const Value& containers,
                        const Value& statuses, int indent);
void DescribeService(Description& out, const Value& service, const std::vector<Value>& slices);
void DescribeVolumes(Description& out, const Value& volumes, int indent);
// "Fri, 02 Jan 2026 03:04:05 +0000".
std::string LongTime(const std::string& rfc3339);

}  // namespace skiff::kube
