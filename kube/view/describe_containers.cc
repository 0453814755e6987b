// Containers and volumes of a pod at length.
#include "kube/translate/value_access.h"
#include "kube/view/describe.h"

namespace skiff::kube {
namespace {

constexpr char kNone[] = "<none>";

std::string PortText(const Value& port, const char* field) {
  const std::string& protocol = TextAt(port, "protocol");
  return fmt::format("{}/{}", IntAt(port, field), protocol.empty() ? "TCP" : protocol);
}

void DescribePorts(Description& out, const Value& container, int indent) {
  std::string ports;
  std::string host_ports;
  const auto& list = At(container, "ports").items();
  for (const Value& port : list) {
    ports += (ports.empty() ? "" : ", ") + PortText(port, "containerPort");
    host_ports += (host_ports.empty() ? "" : ", ") + PortText(port, "hostPort");
  }
  const char* plural = list.size() > 1 ? "s" : "";
  out.Field(fmt::format("Port{}", plural), ports.empty() ? kNone : ports, indent);
  out.Field(fmt::format("Host Port{}", plural), host_ports.empty() ? kNone : host_ports, indent);
}

void DescribeWords(Description& out, std::string_view name, const Value& words, int indent) {
  if (words.items().empty()) return;
  const std::string margin(static_cast<size_t>(indent), ' ');
  out.Line(fmt::format("{}{}:", margin, name));
  for (const Value& word : words.items()) {
    std::string text = margin + "  ";
    for (const char c : word.text()) {
      if (c == '\t')
        text += ' ';  // a tab would begin a column
      else
        text += c;
      if (c == '\n') text += margin + "  ";
    }
    out.Line(text);
  }
}

void DescribeState(Description& out, std::string_view name, const Value& state, int indent) {
  if (state.entries().empty()) return;
  const Value::Entry& entry = state.entries().front();
  const Value& at = entry.value;
  const std::string kind = entry.key == "running"   ? "Running"
                           : entry.key == "waiting" ? "Waiting"
                                                    : "Terminated";
  out.Field(name, kind, indent);
  for (const auto& [label, path] : {std::pair{"Reason", "reason"}, std::pair{"Message", "message"}})
    if (!TextAt(at, path).empty()) out.Field(label, TextAt(at, path), indent + 2);
  if (kind == "Terminated") out.Field("Exit Code", std::to_string(IntAt(at, "exitCode")), indent + 2);
  if (kind != "Waiting") out.Field("Started", LongTime(TextAt(at, "startedAt")), indent + 2);
  if (kind == "Terminated") out.Field("Finished", LongTime(TextAt(at, "finishedAt")), indent + 2);
}

std::string HandlerText(const Value& probe) {
  if (const Value& exec = At(probe, "exec"); !IsNull(exec)) {
    std::string words;
    for (const Value& word : At(exec, "command").items()) words += (words.empty() ? "" : " ") + word.text();
    return "exec [" + words + "]";
  }
  if (const Value& http = At(probe, "httpGet"); !IsNull(http)) {
    std::string scheme = TextAt(http, "scheme").empty() ? "HTTP" : TextAt(http, "scheme");
    for (char& c : scheme) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const std::string& path = TextAt(http, "path");
    return fmt::format("http-get {}://{}:{}{}", scheme, TextAt(http, "host"), TextAt(http, "port"),
                       path.empty() ? "/" : path);
  }
  if (const Value& tcp = At(probe, "tcpSocket"); !IsNull(tcp))
    return fmt::format("tcp-socket {}:{}", TextAt(tcp, "host"), TextAt(tcp, "port"));
  if (const Value& grpc = At(probe, "grpc"); !IsNull(grpc))
    return fmt::format("grpc <pod>:{} {}", TextAt(grpc, "port"), TextAt(grpc, "service"));
  return "unknown";
}

void DescribeProbe(Description& out, std::string_view name, const Value& probe, int indent) {
  if (IsNull(probe)) return;
  out.Field(name,
            fmt::format("{} delay={}s timeout={}s period={}s #success={} #failure={}", HandlerText(probe),
                        IntAt(probe, "initialDelaySeconds"), IntAt(probe, "timeoutSeconds", 1),
                        IntAt(probe, "periodSeconds", 10), IntAt(probe, "successThreshold", 1),
                        IntAt(probe, "failureThreshold", 3)),
            indent);
}

std::string ValueOf(const Value& variable) {
  const Value& from = At(variable, "valueFrom");
  if (IsNull(from)) return TextAt(variable, "value");
  if (const Value& field = At(from, "fieldRef"); !IsNull(field))
    return fmt::format(" ({}:{})", TextAt(field, "apiVersion").empty() ? "v1" : TextAt(field, "apiVersion"),
                       TextAt(field, "fieldPath"));
  if (const Value& resource = At(from, "resourceFieldRef"); !IsNull(resource))
    return fmt::format(" ({})", TextAt(resource, "resource"));
  for (const auto& [path, kind] :
       {std::pair{"secretKeyRef", "secret"}, std::pair{"configMapKeyRef", "config map"}}) {
    if (const Value& key = At(from, path); !IsNull(key))
      return fmt::format("<set to the key '{}' of {} '{}'>\tOptional: {}", TextAt(key, "key"), kind,
                         TextAt(key, "name"), BoolAt(key, "optional"));
  }
  return "";
}

void DescribeEnvironment(Description& out, const Value& container, int indent) {
  const std::string margin(static_cast<size_t>(indent), ' ');
  if (!At(container, "envFrom").items().empty()) {
    out.Line(margin + "Environment Variables from:");
    for (const Value& source : At(container, "envFrom").items()) {
      const bool secret = !IsNull(At(source, "secretRef"));
      const Value& reference = At(source, secret ? "secretRef" : "configMapRef");
      out.Line(fmt::format("{}  {}\t{}\tOptional: {}", margin, TextAt(reference, "name"),
                           secret ? "Secret" : "ConfigMap", BoolAt(reference, "optional")));
    }
  }
  const auto& variables = At(container, "env").items();
  if (variables.empty()) return out.Field("Environment", kNone, indent);
  out.Line(margin + "Environment:");
  for (const Value& variable : variables) out.Field(TextAt(variable, "name"), ValueOf(variable), indent + 2);
}

void DescribeMounts(Description& out, const Value& container, int indent) {
  const auto& mounts = At(container, "volumeMounts").items();
  if (mounts.empty()) return out.Field("Mounts", kNone, indent);
  const std::string margin(static_cast<size_t>(indent), ' ');
  out.Line(margin + "Mounts:");
  for (const Value& mount : mounts) {
    std::string flags = BoolAt(mount, "readOnly") ? "ro" : "rw";
    if (!TextAt(mount, "subPath").empty()) flags += ",path=\"" + TextAt(mount, "subPath") + "\"";
    out.Line(
        fmt::format("{}  {} from {} ({})", margin, TextAt(mount, "mountPath"), TextAt(mount, "name"), flags));
  }
}

const Value& StatusNamed(const Value& statuses, const std::string& name) {
  static const Value kNothing;
  for (const Value& status : statuses.items())
    if (TextAt(status, "name") == name) return status;
  return kNothing;
}

void DescribeResources(Description& out, const Value& container, int indent) {
  for (const auto& [name, path] :
       {std::pair{"Limits", "resources.limits"}, std::pair{"Requests", "resources.requests"}}) {
    const Value amounts = SortedKeys(At(container, path));
    if (amounts.entries().empty()) continue;
    out.Line(fmt::format("{}{}:", std::string(static_cast<size_t>(indent), ' '), name));
    for (const Value::Entry& entry : amounts.entries()) out.Field(entry.key, entry.value.text(), indent + 2);
  }
}

void DescribeContainer(Description& out, const Value& container, const Value& status, int indent) {
  if (!IsNull(status)) {
    out.Field("Container ID", TextAt(status, "containerID"), indent);
  }
  out.Field("Image", TextAt(container, "image"), indent);
  if (!IsNull(status)) out.Field("Image ID", TextAt(status, "imageID"), indent);
  DescribePorts(out, container, indent);
  DescribeWords(out, "Command", At(container, "command"), indent);
  DescribeWords(out, "Args", At(container, "args"), indent);
  if (!IsNull(status)) {
    DescribeState(out, "State", At(status, "state"), indent);
    DescribeState(out, "Last State", At(status, "lastState"), indent);
    out.Field("Ready", BoolAt(status, "ready") ? "True" : "False", indent);
    out.Field("Restart Count", std::to_string(IntAt(status, "restartCount")), indent);
  }
  DescribeResources(out, container, indent);
  DescribeProbe(out, "Liveness", At(container, "livenessProbe"), indent);
  DescribeProbe(out, "Readiness", At(container, "readinessProbe"), indent);
  DescribeProbe(out, "Startup", At(container, "startupProbe"), indent);
  DescribeEnvironment(out, container, indent);
  DescribeMounts(out, container, indent);
}

void DescribeVolume(Description& out, const Value& volume, int indent) {
  for (const Value::Entry& entry : volume.entries()) {
    if (entry.key == "name") continue;
    const Value& source = entry.value;
    if (entry.key == "emptyDir") {
      out.Field("Type", "EmptyDir (a temporary directory that shares a pod's lifetime)", indent);
      out.Field("Medium", TextAt(source, "medium"), indent);
      const std::string& limit = TextAt(source, "sizeLimit");
      out.Field("SizeLimit", limit.empty() ? "<unset>" : limit, indent);
    } else if (entry.key == "hostPath") {
      out.Field("Type", "HostPath (bare host directory volume)", indent);
      out.Field("Path", TextAt(source, "path"), indent);
      out.Field("HostPathType", TextAt(source, "type"), indent);
    } else if (entry.key == "configMap") {
      out.Field("Type", "ConfigMap (a volume populated by a ConfigMap)", indent);
      out.Field("Name", TextAt(source, "name"), indent);
      out.Field("Optional", BoolAt(source, "optional") ? "true" : "false", indent);
    } else if (entry.key == "secret") {
      out.Field("Type", "Secret (a volume populated by a Secret)", indent);
      out.Field("SecretName", TextAt(source, "secretName"), indent);
      out.Field("Optional", BoolAt(source, "optional") ? "true" : "false", indent);
    } else if (entry.key == "persistentVolumeClaim") {
      out.Field("Type",
                "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
                indent);
      out.Field("ClaimName", TextAt(source, "claimName"), indent);
      out.Field("ReadOnly", BoolAt(source, "readOnly") ? "true" : "false", indent);
    } else {
      out.Field("Type", entry.key, indent);
    }
  }
}

}  // namespace

void DescribeContainers(Description& out, std::string_view heading, const Value& containers,
                        const Value& statuses, int indent) {
  const std::string margin(static_cast<size_t>(indent), ' ');
  out.Line(fmt::format("{}{}:", margin, heading));
  for (const Value& container : containers.items()) {
    const std::string& name = TextAt(container, "name");
    // kubectl moves the containers of a template by one only.
    const int step = indent > 0 ? 1 : 2;
    out.Line(fmt::format("{}{}{}:", margin, std::string(static_cast<size_t>(step), ' '), name));
    DescribeContainer(out, container, StatusNamed(statuses, name), indent + step + 2);
  }
}

void DescribeVolumes(Description& out, const Value& volumes, int indent) {
  const std::string margin(static_cast<size_t>(indent), ' ');
  if (volumes.items().empty()) return out.Field("Volumes", kNone, indent);
  out.Line(margin + "Volumes:");
  for (const Value& volume : volumes.items()) {
    out.Line(fmt::format("{}  {}:", margin, TextAt(volume, "name")));
    DescribeVolume(out, volume, indent + 4);
  }
}

}  // namespace skiff::kube
