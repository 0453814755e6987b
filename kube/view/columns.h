// The columns that `get` shows of each kind, as the API server of Kubernetes makes them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "kube/model/value.h"

namespace skiff::kube {

struct Column {
  std::string_view heading;
  std::string (*cell)(const Value& object, common::WallTime now);
  bool wide = false;  // with -o wide only
};

// Kinds without columns of their own have NAME and AGE.
std::span<const Column> ColumnsOf(std::string_view kind);
// Those of `kube events`, where repetitions are told.
std::span<const Column> EventColumns();

// "5m12s" since a time in RFC 3339, "<unknown>" when there is none.
std::string AgeOf(const std::string& rfc3339, common::WallTime now);
// "a=b,c=d", "<none>" without labels.
std::string LabelsText(const Value& labels);
// An event's message without the line ends around it, which a probe's output brings along.
std::string EventText(const Value& event);
// "80/TCP", "80:30080/TCP" of a Service, joined by commas.
std::string ServicePortsText(const Value& service);
// "10.0.0.5:80", "[fd00::5]:80".
std::string HostAndPort(const std::string& host, int64_t port);
// Joined by commas, with the number of those behind the third one, as kubectl shows what belongs to a Service.
std::string FirstThree(const std::vector<std::string>& all, std::string_view none);
// A Deployment's selector: "app=web,tier in (a,b)".
std::string SelectorText(const Value& selector);

}  // namespace skiff::kube
