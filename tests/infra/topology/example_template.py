"""A small template in the shape of the real one, for tests of the reader."""

from pathlib import Path

from infra.topology import Topology, read_topology


def read(text: str, folder: Path, parameters: dict[str, str] | None = None) -> Topology:
    """Write a template into the folder and read its topology."""
    path = folder / "template.yaml"
    path.write_text(text, encoding="utf-8")
    return read_topology(path, parameters)


EXAMPLE = """\
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31

Parameters:
  Stage:
    Type: String
    Default: local
  ReceiveCount:
    Type: Number
    Default: 5

Globals:
  Function:
    Runtime: python3.13
    Timeout: 29
    Environment:
      Variables:
        STAGE: !Ref Stage
        BUS_NAME: !Ref Bus

Resources:
  Bus:
    Type: AWS::Events::EventBus
    Properties:
      Name: !Sub induct-${Stage}

  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Issuer
        Authorizers:
          Issuer:
            AuthorizationScopes: [induct/use]
            IdentitySource: $request.header.Authorization
            JwtConfiguration: {issuer: https://issuer.example, audience: [induct]}

  SafetyApi:
    Type: AWS::Serverless::Function
    Properties:
      Handler: services.safety.entrypoint.handler
      Role: !GetAtt RoleThatSamAddsLater.Arn
      Environment:
        Variables: {CASES: table}
      Events:
        OpenCase:
          Type: HttpApi
          Properties:
            ApiId: !Ref Api
            Method: post
            Path: /safety/v1/cases/{study}
            Auth: {AuthorizationScopes: [safety/write]}
        ReadCase:
          Type: HttpApi
          Properties: {ApiId: !Ref Api, Method: GET, Path: "/safety/v1/cases/{study}"}
        Health:
          Type: HttpApi
          Properties: {ApiId: !Ref Api, Method: get, Path: /safety/health, Auth: {Authorizer: NONE}}

  SafetyConsumer:
    Type: AWS::Serverless::Function
    Properties:
      Handler: services.safety.entrypoint.consume
      Timeout: 60
      Events:
        Subjects:
          Type: SQS
          Properties:
            Queue: !GetAtt SafetyQueue.Arn
            BatchSize: 4
            FunctionResponseTypes: [ReportBatchItemFailures]

  Analytics:
    Type: AWS::Serverless::Function
    Properties:
      PackageType: Image
      Timeout: 900
      ImageConfig: {Command: [services.analytics.entrypoint.run]}
      Events:
        Nightly:
          Type: ScheduleV2
          Properties:
            ScheduleExpression: cron(30 2 * * ? *)
            ScheduleExpressionTimezone: Europe/Berlin
            Input: '{"job": "nightly"}'
            DeadLetterConfig: {Arn: !GetAtt DeadLetters.Arn}

  Relay:
    Type: AWS::Lambda::Function
    Properties:
      Handler: infra.relay.entrypoint.run

  RelaySchedule:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: rate(1 minute)
      State: DISABLED
      FlexibleTimeWindow: {Mode: "OFF"}
      Target: {Arn: !GetAtt Relay.Arn, RoleArn: !GetAtt RoleThatSamAddsLater.Arn}

  SafetyQueue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 360
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt DeadLetters.Arn
        maxReceiveCount: !Ref ReceiveCount

  AnalyticsQueue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 900
      RedrivePolicy: {deadLetterTargetArn: !Sub "${DeadLetters.Arn}", maxReceiveCount: 2}

  AnalyticsMapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt AnalyticsQueue.Arn
      FunctionName: !Ref Analytics
      Enabled: false

  DeadLetters:
    Type: AWS::SQS::Queue

  SubjectRule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern:
        source: [!Sub "induct.${Stage}.randomization"]
        detail-type: [subject.randomized]
      Targets:
        - Id: safety
          Arn: !GetAtt SafetyQueue.Arn
          DeadLetterConfig: {Arn: !GetAtt DeadLetters.Arn}
          RetryPolicy: {MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 3600}
        - Id: analytics
          Arn: !GetAtt AnalyticsQueue.Arn
          DeadLetterConfig: {Arn: !GetAtt DeadLetters.Arn}
"""
