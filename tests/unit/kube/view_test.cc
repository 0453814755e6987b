// Tables as kubectl prints them.
#include <gtest/gtest.h>

#include "kube/translate/value_access.h"
#include "kube/view/columns.h"
#include "kube/view/describe.h"
#include "kube/view/table.h"

namespace skiff::kube {
namespace {

std::string Cells(const std::string& kind, const std::string& json, bool wide = false) {
  const Value object = *ParseJsonValue(json, "object");
  const auto now = *common::ParseTime("2026-01-02T03:10:05Z");
  std::string text;
  for (const Column& column : ColumnsOf(kind))
    if (wide || !column.wide)
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", column.heading, column.cell(object, now));
  return text;
}

TEST(TableTest, AlignsAndRemembersWidths) {
  Table table({"NAME", "READY", "AGE"});
  table.Add({"web", "1/1", "5s"});
  EXPECT_EQ(table.Take(true),
            "NAME   READY   AGE\n"
            "web    1/1     5s\n");
  table.Add({"a", "0/1", "7s"});
  EXPECT_EQ(table.Take(true), "a      0/1     7s\n");
  table.Add({"much-longer", "0/1", "7s"});
  EXPECT_EQ(table.Take(true), "much-longer   0/1     7s\n");
}

TEST(TableTest, TabsAlignLinesThatStandTogether) {
  EXPECT_EQ(
      AlignTabs("Name:\tweb\nNamespace:\tdefault\nContainers:\n  a:\n    Image:\tx\n    Ports:\t<none>\n", 2),
      "Name:       web\n"
      "Namespace:  default\n"
      "Containers:\n"
      "  a:\n"
      "    Image:  x\n"
      "    Ports:  <none>\n");
  EXPECT_EQ(AlignTabs("a\tb\tc\naaaa\tbbbb\tc\n", 2), "a     b     c\naaaa  bbbb  c\n");
}

TEST(TableTest, ACellIsOneLine) {
  EXPECT_EQ(FirstLineOfCell("one"), "one");
  EXPECT_EQ(FirstLineOfCell("one\ntwo"), "one...");
  EXPECT_EQ(FirstLineOfCell("\r"), "...");
}

TEST(ColumnsTest, Pods) {
  constexpr char kPod[] = R"({
    "metadata": {"name": "web", "creationTimestamp": "2026-01-02T03:04:05Z"},
    "spec": {"nodeName": "here", "containers": [{"name": "a"}]},
    "status": {"phase": "Running", "podIP": "10.89.0.2", "containerStatuses": [
      {"name": "a", "ready": true, "restartCount": 3, "state": {"running": {}},
       "lastState": {"terminated": {"finishedAt": "2026-01-02T03:09:45Z"}}}]}})";
  EXPECT_EQ(Cells("Pod", kPod), "NAME=web READY=1/1 STATUS=Running RESTARTS=3 (20s ago) AGE=6m");
  EXPECT_EQ(Cells("Pod", kPod, true),
            "NAME=web READY=1/1 STATUS=Running RESTARTS=3 (20s ago) AGE=6m IP=10.89.0.2 NODE=here NOMINATED "
            "NODE=<none> "
            "READINESS GATES=<none>");
}

TEST(ColumnsTest, OtherKinds) {
  EXPECT_EQ(Cells("Deployment", R"({"metadata": {"name": "web", "creationTimestamp": "2026-01-02T03:10:00Z"},
      "spec": {"replicas": 3, "selector": {"matchLabels": {"b": "2", "a": "1"}},
               "template": {"spec": {"containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "j"}]}}},
      "status": {"readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 2}})",
                  true),
            "NAME=web READY=2/3 UP-TO-DATE=3 AVAILABLE=2 AGE=5s CONTAINERS=c,d IMAGES=i,j SELECTOR=a=1,b=2");
  EXPECT_EQ(
      Cells("ConfigMap", R"({"metadata": {"name": "c"}, "data": {"a": "1"}, "binaryData": {"b": "eA=="}})"),
      "NAME=c DATA=2 AGE=<unknown>");
  EXPECT_EQ(Cells("Secret", R"({"metadata": {"name": "s"}, "data": {"a": "eA=="}})"),
            "NAME=s TYPE=Opaque DATA=1 AGE=<unknown>");
  EXPECT_EQ(
      Cells("Service", R"({"metadata": {"name": "db"}, "spec": {"type": "NodePort", "clusterIP": "10.96.0.7",
      "selector": {"app": "db"}, "ports": [{"port": 80, "nodePort": 30080}, {"port": 53, "protocol": "UDP"}]}})",
            true),
      "NAME=db TYPE=NodePort CLUSTER-IP=10.96.0.7 EXTERNAL-IP=<none> PORT(S)=80:30080/TCP,53/UDP "
      "AGE=<unknown> "
      "SELECTOR=app=db");
  EXPECT_EQ(Cells("PersistentVolumeClaim", R"({"metadata": {"name": "d"}, "spec": {"volumeName": "d"},
      "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce", "ReadOnlyMany"]}})"),
            "NAME=d STATUS=Bound VOLUME=d CAPACITY=1Gi ACCESS MODES=RWO,ROX STORAGECLASS= "
            "VOLUMEATTRIBUTESCLASS=<unset> "
            "AGE=<unknown>");
}

TEST(ColumnsTest, EndpointsAreListedPortByPort) {
  const auto cell = [](const char* json) {
    const Value endpoints = *ParseJsonValue(json, "endpoints");
    for (const Column& column : ColumnsOf("Endpoints"))
      if (column.heading == "ENDPOINTS") return column.cell(endpoints, {});
    return std::string("no such column");
  };
  EXPECT_EQ(cell(R"({"subsets": [{"addresses": [{"ip": "10.0.0.1"}, {"ip": "fd00::2"}],
                                  "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 81}]}]})"),
            "10.0.0.1:80,[fd00::2]:80,10.0.0.1:81 + 1 more...");
  EXPECT_EQ(cell(R"({"subsets": [{"addresses": [{"ip": "10.0.0.1"}]}]})"), "10.0.0.1") << "a headless Service without ports";
  EXPECT_EQ(cell(R"({"subsets": [{"notReadyAddresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}]})"), "<none>");
}

TEST(DescribeTest, AService) {
  const Value service = *ParseJsonValue(R"({
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {"type": "LoadBalancer", "selector": {"app": "web"}, "clusterIP": "10.96.0.7",
      "clusterIPs": ["10.96.0.7", "fd96::7"], "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": "PreferDualStack",
      "internalTrafficPolicy": "Cluster", "externalTrafficPolicy": "Local",
      "ports": [{"name": "a", "port": 80, "targetPort": "http", "nodePort": 30080}, {"name": "b", "port": 81, "targetPort": 9000}]},
    "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ipMode": "VIP"}]}}})", "service");
  const Value v4 = *ParseJsonValue(R"({"ports": [{"name": "a", "port": 8080}, {"name": "b", "port": 9000}], "endpoints": [
    {"addresses": ["10.0.0.1"], "conditions": {"ready": true}}, {"addresses": ["10.0.0.2"], "conditions": {"ready": false}}]})", "slice");
  const Value v6 = *ParseJsonValue(R"({"ports": [{"name": "a", "port": 8080}], "endpoints": [{"addresses": ["fd00::1"]}]})", "slice");
  EXPECT_EQ(DescribeObject(service, {}, {}, {v4, v6}), R"(Name:                     web
Namespace:                default
Labels:                   <none>
Annotations:              <none>
Selector:                 app=web
Type:                     LoadBalancer
IP Family Policy:         PreferDualStack
IP Families:              IPv4,IPv6
IP:                       10.96.0.7
IPs:                      10.96.0.7,fd96::7
LoadBalancer Ingress:     192.0.2.1 (VIP)
Port:                     a  80/TCP
TargetPort:               http/TCP
NodePort:                 a  30080/TCP
Endpoints:                10.0.0.1:8080,[fd00::1]:8080
Port:                     b  81/TCP
TargetPort:               9000/TCP
Endpoints:                10.0.0.1:9000
Session Affinity:         None
External Traffic Policy:  Local
Internal Traffic Policy:  Cluster
Events:                   <none>
)");
}

TEST(DescribeTest, APod) {
  const Value pod = *ParseJsonValue(R"({
    "kind": "Pod",
    "metadata": {"name": "web", "namespace": "default", "labels": {"b": "2", "a": "1"}},
    "spec": {"nodeName": "here", "containers": [
      {"name": "main", "image": "app:1", "command": ["sh", "-c", "echo\thi"], "ports": [{"containerPort": 80}],
       "env": [{"name": "A", "value": "x"}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
       "readinessProbe": {"httpGet": {"port": "http", "path": "/ready"}, "periodSeconds": 5},
       "volumeMounts": [{"name": "d", "mountPath": "/data", "readOnly": true}]}],
      "volumes": [{"name": "d", "emptyDir": {}}]},
    "status": {"phase": "Running", "hostIP": "192.0.2.1", "startTime": "2026-01-02T03:04:05Z", "qosClass": "BestEffort",
      "conditions": [{"type": "Ready", "status": "True"}],
      "containerStatuses": [{"name": "main", "containerID": "skiff://c", "imageID": "sha256:i", "ready": true,
        "restartCount": 1, "state": {"running": {"startedAt": "2026-01-02T03:05:05Z"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "startedAt": "2026-01-02T03:04:05Z",
                                     "finishedAt": "2026-01-02T03:05:00Z"}}}]}})", "pod");
  const Value event = *ParseJsonValue(R"({"type": "Normal", "reason": "Started", "message": "Started container main\n",
    "lastTimestamp": "2026-01-02T03:05:05Z", "source": {"component": "skiff"}})", "event");
  EXPECT_EQ(DescribeObject(pod, {event}, *common::ParseTime("2026-01-02T03:05:15Z")), R"(Name:             web
Namespace:        default
Priority:         0
Service Account:  default
Node:             here/192.0.2.1
Start Time:       Fri, 02 Jan 2026 03:04:05 +0000
Labels:           a=1
                  b=2
Annotations:      <none>
Status:           Running
IP:               
IPs:              <none>
Containers:
  main:
    Container ID:  skiff://c
    Image:         app:1
    Image ID:      sha256:i
    Port:          80/TCP
    Host Port:     0/TCP
    Command:
      sh
      -c
      echo hi
    State:          Running
      Started:      Fri, 02 Jan 2026 03:05:05 +0000
    Last State:     Terminated
      Reason:       Error
      Exit Code:    1
      Started:      Fri, 02 Jan 2026 03:04:05 +0000
      Finished:     Fri, 02 Jan 2026 03:05:00 +0000
    Ready:          True
    Restart Count:  1
    Readiness:      http-get http://:http/ready delay=0s timeout=1s period=5s #success=1 #failure=3
    Environment:
      A:  x
      B:   (v1:metadata.name)
    Mounts:
      /data from d (ro)
Conditions:
  Type   Status
  Ready  True
Volumes:
  d:
    Type:        EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:      
    SizeLimit:   <unset>
QoS Class:       BestEffort
Node-Selectors:  <none>
Events:
  Type    Reason   Age  From   Message
  ----    ------   ---  ----   -------
  Normal  Started  10s  skiff  Started container main
)");
}

}  // namespace
}  // namespace skiff::kube
