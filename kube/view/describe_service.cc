// A Service at length.
#include <functional>

#include "kube/translate/value_access.h"
#include "kube/view/columns.h"
#include "kube/view/describe.h"

namespace skiff::kube {
namespace {

std::string Texts(const Value& list) {
  std::string text;
  for (const Value& item : list.items()) text += (text.empty() ? "" : ",") + item.text();
  return text;
}

void FieldIfAny(Description& out, std::string_view name, const std::string& text) {
  if (!text.empty()) out.Field(name, text);
}

// Of the ready ones behind the port of this name.
std::string EndpointsText(const std::vector<Value>& slices, const std::string& port_name) {
  std::vector<std::string> all;
  const auto add = [&](const Value& slice, const std::function<std::string(const std::string&)>& text) {
    for (const Value& endpoint : At(slice, "endpoints").items()) {
      const Value& ready = At(endpoint, "conditions.ready");
      const auto& addresses = At(endpoint, "addresses").items();
      if (!addresses.empty() && (IsNull(ready) || BoolAt(endpoint, "conditions.ready"))) all.push_back(text(addresses.front().text()));
    }
  };
  for (const Value& slice : slices) {
    const auto& ports = At(slice, "ports").items();
    for (const Value& port : ports)
      if (TextAt(port, "name") == port_name)
        add(slice, [&](const std::string& address) { return HostAndPort(address, IntAt(port, "port")); });
    if (ports.empty()) add(slice, [](const std::string& address) { return address; });
  }
  return FirstThree(all, slices.empty() ? "<none>" : "");
}

void DescribePorts(Description& out, const Value& service, const std::vector<Value>& slices) {
  for (const Value& port : At(service, "spec.ports").items()) {
    const std::string& name = TextAt(port, "name");
    const std::string shown = name.empty() ? "<unset>" : name;
    const std::string protocol = TextAt(port, "protocol").empty() ? "TCP" : TextAt(port, "protocol");
    out.Field("Port", fmt::format("{}\t{}/{}", shown, IntAt(port, "port"), protocol));
    out.Field("TargetPort", TextAt(port, "targetPort") + "/" + protocol);
    if (IntAt(port, "nodePort") > 0) out.Field("NodePort", fmt::format("{}\t{}/{}", shown, IntAt(port, "nodePort"), protocol));
    out.Field("Endpoints", EndpointsText(slices, name));
  }
}

}  // namespace

void DescribeService(Description& out, const Value& service, const std::vector<Value>& slices) {
  const auto text = [&](const char* path) -> const std::string& { return TextAt(service, std::string("spec.") + path); };
  const auto texts = [&](const char* path) { return Texts(At(service, std::string("spec.") + path)); };
  const auto or_none = [](const std::string& value) { return value.empty() ? "<none>" : value; };
  out.Metadata(service);
  out.Field("Selector", LabelsText(At(service, "spec.selector")));
  out.Field("Type", text("type").empty() ? "ClusterIP" : text("type"));
  FieldIfAny(out, "IP Family Policy", text("ipFamilyPolicy"));
  out.Field("IP Families", or_none(texts("ipFamilies")));
  out.Field("IP", text("clusterIP"));
  out.Field("IPs", or_none(texts("clusterIPs")));
  FieldIfAny(out, "External IPs", texts("externalIPs"));
  FieldIfAny(out, "Desired LoadBalancer IP", text("loadBalancerIP"));
  FieldIfAny(out, "External Name", text("externalName"));
  std::string ingress;
  for (const Value& point : At(service, "status.loadBalancer.ingress").items()) {
    const std::string mode = TextAt(point, "ipMode").empty() ? "" : " (" + TextAt(point, "ipMode") + ")";
    ingress += (ingress.empty() ? "" : ", ") + TextAt(point, "ip") + mode;
  }
  FieldIfAny(out, "LoadBalancer Ingress", ingress);
  DescribePorts(out, service, slices);
  out.Field("Session Affinity", text("sessionAffinity").empty() ? "None" : text("sessionAffinity"));
  FieldIfAny(out, "External Traffic Policy", text("externalTrafficPolicy"));
  FieldIfAny(out, "Internal Traffic Policy", text("internalTrafficPolicy"));
  FieldIfAny(out, "LoadBalancer Source Ranges", texts("loadBalancerSourceRanges"));
}

}  // namespace skiff::kube
